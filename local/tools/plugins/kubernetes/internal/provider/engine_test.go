//go:build integration

package provider

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"hardway/local/tools/plugins/kubernetes/internal/testapi"
)

var api *testapi.API

func TestMain(m *testing.M) {
	started, err := testapi.Start()
	api = started
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	if err := api.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// configured returns a provider for the test API with additional configuration variables.
func configured(t *testing.T, variables map[string]string) *Server {
	t.Helper()
	all := map[string]string{variablePrefix + "kubeconfig": api.Kubeconfig}
	for name, value := range variables {
		all[variablePrefix+name] = value
	}
	server := New("4.34.2", nil)
	_, err := server.Configure(context.Background(), &pulumirpc.ConfigureRequest{Variables: all, AcceptSecrets: true})
	require.NoError(t, err)
	return server
}

// engine makes the engine's calls for one resource and keeps its state.
type engine struct {
	t      *testing.T
	server *Server
	urn    string
	id     string
	inputs *structpb.Struct
	state  *structpb.Struct
	// timeout is the value of the option customTimeouts in seconds.
	timeout float64
}

type fields = map[string]any

func resourceOf(t *testing.T, server *Server, token, name string) *engine {
	return &engine{t: t, server: server, urn: "urn:pulumi:test::project::" + token + "::" + name}
}

func pack(t *testing.T, value fields) *structpb.Struct {
	t.Helper()
	packed, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(value),
		plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	require.NoError(t, err)
	return packed
}

// unpack returns plain values, including those of secrets.
func unpack(t *testing.T, packed *structpb.Struct) fields {
	t.Helper()
	props, err := plugin.UnmarshalProperties(packed, plugin.MarshalOptions{KeepUnknowns: true})
	require.NoError(t, err)
	return props.Mappable()
}

func (e *engine) check(program fields) *structpb.Struct {
	e.t.Helper()
	resp, err := e.server.Check(context.Background(), &pulumirpc.CheckRequest{
		Urn: e.urn, Olds: e.inputs, News: pack(e.t, program), RandomSeed: []byte(e.urn),
	})
	require.NoError(e.t, err)
	require.Empty(e.t, resp.GetFailures())
	return resp.GetInputs()
}

func (e *engine) diff(program fields) *pulumirpc.DiffResponse {
	e.t.Helper()
	return e.diffIgnoring(program)
}

func (e *engine) diffIgnoring(program fields, ignore ...string) *pulumirpc.DiffResponse {
	e.t.Helper()
	resp, err := e.server.Diff(context.Background(), &pulumirpc.DiffRequest{
		Id: e.id, Urn: e.urn, Olds: e.state, News: e.check(program), OldInputs: e.inputs, IgnoreChanges: ignore,
	})
	require.NoError(e.t, err)
	return resp
}

// create creates the object. The end of the test deletes it.
func (e *engine) create(program fields) fields {
	e.t.Helper()
	require.NoError(e.t, e.tryCreate(program))
	e.t.Cleanup(func() {
		if e.id != "" {
			require.NoError(e.t, e.delete())
		}
	})
	return unpack(e.t, e.state)
}

func (e *engine) tryCreate(program fields) error {
	e.t.Helper()
	inputs := e.check(program)
	resp, err := e.server.Create(context.Background(), &pulumirpc.CreateRequest{
		Urn: e.urn, Properties: inputs, Timeout: e.timeout,
	})
	if err != nil {
		return err
	}
	e.id, e.state, e.inputs = resp.GetId(), resp.GetProperties(), inputs
	return nil
}

func (e *engine) previewCreate(program fields) fields {
	e.t.Helper()
	resp, err := e.server.Create(context.Background(),
		&pulumirpc.CreateRequest{Urn: e.urn, Properties: e.check(program), Preview: true})
	require.NoError(e.t, err)
	require.Empty(e.t, resp.GetId())
	return unpack(e.t, resp.GetProperties())
}

func (e *engine) tryUpdate(program fields, preview bool, ignore ...string) (fields, error) {
	e.t.Helper()
	inputs := e.check(program)
	resp, err := e.server.Update(context.Background(), &pulumirpc.UpdateRequest{
		Id: e.id, Urn: e.urn, Olds: e.state, News: inputs, OldInputs: e.inputs, Preview: preview, IgnoreChanges: ignore,
	})
	if err != nil {
		return nil, err
	}
	if !preview {
		e.state, e.inputs = resp.GetProperties(), inputs
	}
	return unpack(e.t, resp.GetProperties()), nil
}

func (e *engine) update(program fields, ignore ...string) fields {
	e.t.Helper()
	state, err := e.tryUpdate(program, false, ignore...)
	require.NoError(e.t, err)
	return state
}

// refresh updates the state from the API server and reports whether the object still exists.
func (e *engine) refresh() bool {
	e.t.Helper()
	resp, err := e.server.Read(context.Background(),
		&pulumirpc.ReadRequest{Id: e.id, Urn: e.urn, Properties: e.state, Inputs: e.inputs})
	require.NoError(e.t, err)
	e.id, e.state, e.inputs = resp.GetId(), resp.GetProperties(), resp.GetInputs()
	return e.id != ""
}

func (e *engine) delete() error {
	_, err := e.server.Delete(context.Background(),
		&pulumirpc.DeleteRequest{Id: e.id, Urn: e.urn, Properties: e.state, OldInputs: e.inputs, Timeout: e.timeout})
	if err == nil {
		e.id = ""
	}
	return err
}

// adopt takes the state from an initialization error, as the engine does.
func (e *engine) adopt(err error) *pulumirpc.ErrorResourceInitFailed {
	e.t.Helper()
	converted := rpcerror.Convert(err)
	require.Len(e.t, converted.Details(), 1)
	detail, ok := converted.Details()[0].(*pulumirpc.ErrorResourceInitFailed)
	require.True(e.t, ok)
	e.id, e.state = detail.GetId(), detail.GetProperties()
	return detail
}

// schemaOf returns the kind of an entry in a discovery list.
func schemaOf(groupVersion string, entry metav1.APIResource) schema.GroupVersionKind {
	gvk := schema.FromAPIVersionAndKind(groupVersion, entry.Kind)
	if entry.Group != "" || entry.Version != "" {
		gvk.Group, gvk.Version = entry.Group, entry.Version
	}
	return gvk
}
