package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration/fake"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	providersdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"hardway/local/tools/plugins/command/internal/sshtest"
)

// props are inputs as a program writes them: Go values, or property values for secrets and unknowns.
type props = map[string]any

// engine drives the plugin over gRPC with the client code of the real engine.
type engine struct {
	t        *testing.T
	provider plugin.Provider
	server   *fake.EngineServer
}

func startEngine(t *testing.T) *engine {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	t.Setenv("SSH_AUTH_SOCK", "")

	server := fake.NewEngineServer()
	address, _, err := fake.StartEngineServer(ctx, server)
	must(t, err)
	host, err := providersdk.NewHostClient(address)
	must(t, err)
	definition, err := newProvider()
	must(t, err)
	raw, err := p.RawServer(packageName, version, definition)(host)
	must(t, err)
	served, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancelled(ctx),
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(s, raw)
			return nil
		},
	})
	must(t, err)

	pluginContext, err := plugin.NewContextWithHost(ctx, nil, nil, &plugin.MockHost{}, "", "", nil)
	must(t, err)
	client := pulumirpc.NewResourceProviderClient(fake.NewEngineConn(fmt.Sprintf("127.0.0.1:%d", served.Port)))
	provider := plugin.NewProviderWithClient(pluginContext, client, false)
	providerType := tokens.Type("pulumi:providers:" + packageName)
	_, err = provider.Configure(ctx, plugin.ConfigureRequest{Type: &providerType})
	must(t, err)
	return &engine{t, provider, server}
}

func cancelled(ctx context.Context) chan bool {
	channel := make(chan bool)
	context.AfterFunc(ctx, func() { close(channel) })
	return channel
}

// state is a resource as recorded in a stack's state.
type state struct {
	urn             resource.URN
	id              resource.ID
	inputs, outputs resource.PropertyMap
}

func urnOf(token string) resource.URN {
	return resource.NewURN("test", "project", "", tokens.Type(token), "it")
}

// check returns the checked inputs and the reasons for refusing them.
func (e *engine) check(token string, inputs props) (resource.PropertyMap, []string) {
	e.t.Helper()
	checked, err := e.provider.Check(context.Background(), plugin.CheckRequest{
		URN: urnOf(token), Name: "it", Type: tokens.Type(token), News: toMap(inputs), AllowUnknowns: true,
	})
	must(e.t, err)
	var reasons []string
	for _, failure := range checked.Failures {
		reasons = append(reasons, string(failure.Property)+": "+failure.Reason)
	}
	return checked.Properties, reasons
}

func (e *engine) mustCheck(token string, inputs props) resource.PropertyMap {
	e.t.Helper()
	checked, reasons := e.check(token, inputs)
	if reasons != nil {
		e.t.Fatalf("check of %s failed: %q", token, reasons)
	}
	return checked
}

func (e *engine) createWith(token string, inputs props, preview bool) (*state, error) {
	e.t.Helper()
	checked := e.mustCheck(token, inputs)
	created, err := e.provider.Create(context.Background(), plugin.CreateRequest{
		URN: urnOf(token), Name: "it", Type: tokens.Type(token), Properties: checked, Preview: preview,
	})
	return &state{urnOf(token), created.ID, checked, created.Properties}, err
}

func (e *engine) tryCreate(token string, inputs props) (*state, error) {
	e.t.Helper()
	return e.createWith(token, inputs, false)
}

func (e *engine) create(token string, inputs props) *state {
	e.t.Helper()
	created, err := e.tryCreate(token, inputs)
	must(e.t, err)
	return created
}

func (e *engine) previewCreate(token string, inputs props) *state {
	e.t.Helper()
	created, err := e.createWith(token, inputs, true)
	must(e.t, err)
	return created
}

// diff returns the paths that changed and those that replace the resource, both sorted.
func (e *engine) diff(old *state, inputs props) (changed, replacing []string) {
	e.t.Helper()
	result, err := e.provider.Diff(context.Background(), plugin.DiffRequest{
		URN: old.urn, Name: "it", Type: old.urn.Type(), ID: old.id, OldInputs: old.inputs, OldOutputs: old.outputs,
		NewInputs: e.mustCheck(string(old.urn.Type()), inputs), AllowUnknowns: true,
	})
	must(e.t, err)
	for path, change := range result.DetailedDiff {
		changed = append(changed, path)
		if change.Kind.IsReplace() {
			replacing = append(replacing, path)
		}
	}
	if (result.Changes == plugin.DiffSome) != (len(changed) > 0) {
		e.t.Fatalf("diff says %v but lists %q", result.Changes, changed)
	}
	slices.Sort(changed)
	slices.Sort(replacing)
	return changed, replacing
}

func (e *engine) updateWith(old *state, inputs props, preview bool) (*state, error) {
	e.t.Helper()
	checked := e.mustCheck(string(old.urn.Type()), inputs)
	updated, err := e.provider.Update(context.Background(), plugin.UpdateRequest{
		URN: old.urn, Name: "it", Type: old.urn.Type(), ID: old.id, OldInputs: old.inputs, OldOutputs: old.outputs,
		NewInputs: checked, Preview: preview,
	})
	return &state{old.urn, old.id, checked, updated.Properties}, err
}

func (e *engine) update(old *state, inputs props) *state {
	e.t.Helper()
	updated, err := e.updateWith(old, inputs, false)
	must(e.t, err)
	return updated
}

func (e *engine) delete(old *state) error {
	e.t.Helper()
	_, err := e.provider.Delete(context.Background(), plugin.DeleteRequest{
		URN: old.urn, Name: "it", Type: old.urn.Type(), ID: old.id, Inputs: old.inputs, Outputs: old.outputs,
	})
	return err
}

// logs returns the messages for the user, in order.
func (e *engine) logs() []string {
	var messages []string
	for _, entry := range e.server.Logs() {
		messages = append(messages, entry.GetMessage())
	}
	return messages
}

// connectionTo returns a connection with a password. The caller may add properties.
func connectionTo(server *sshtest.Server) props {
	return props{
		"host": server.Host(), "port": server.Port(), "user": sshtest.User, "password": sshtest.Password,
		"dialErrorLimit": 0,
	}
}

func toMap(values props) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(values)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition that another process or goroutine brings about.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("not true after 10 s: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
