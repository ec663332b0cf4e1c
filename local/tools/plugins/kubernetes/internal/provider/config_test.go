package provider

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
)

type inputs = map[string]any

const providerURN = "urn:pulumi:dev::project::pulumi:providers:kubernetes::api"

var unknown = resource.Computed{Element: resource.NewProperty("")}

func packed(t *testing.T, value inputs) *structpb.Struct {
	t.Helper()
	fields, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(value), plugin.MarshalOptions{KeepUnknowns: true})
	require.NoError(t, err)
	return fields
}

func failures(t *testing.T, urn string, news inputs) map[string]string {
	t.Helper()
	resp, err := New("4.34.2", nil).CheckConfig(context.Background(), &pulumirpc.CheckRequest{Urn: urn, News: packed(t, news)})
	require.NoError(t, err)
	require.Equal(t, packed(t, news).String(), resp.GetInputs().String(), "the inputs are returned unchanged")
	found := map[string]string{}
	for _, failure := range resp.GetFailures() {
		found[failure.GetProperty()] = failure.GetReason()
	}
	return found
}

func TestCheckConfigAcceptsWhatTheNPMPackageSends(t *testing.T) {
	require.Empty(t, failures(t, providerURN, inputs{
		"kubeconfig": unknown, "context": "a", "cluster": "b", "namespace": "c", "clusterIdentifier": "d",
		"deleteUnreachable": "true", "enableServerSideApply": "false", "suppressHelmHookWarnings": "false", "version": "4.34.2",
		"kubeClientSettings": `{"burst":10,"qps":2.5,"timeout":30}`, "helmReleaseSettings": `{"driver":"secret"}`,
	}))
	require.Empty(t, failures(t, providerURN, inputs{"kubeconfig": inputs{"apiVersion": "v1", "kind": "Config"}}))
}

func TestCheckConfigNamesEveryProblem(t *testing.T) {
	found := failures(t, providerURN, inputs{
		"deleteUnreachable": "yes please", "upsertExistingObjects": 7, "kubeClientSettings": `{"burst":"many"}`,
		"context": inputs{"a": "b"}, "renderYamlToDirectory": "out",
	})
	require.Len(t, found, 5)
	require.Contains(t, found["deleteUnreachable"], `deleteUnreachable must be true or false; got "yes please"`)
	require.Contains(t, found["upsertExistingObjects"], "must be true or false; got a value of type number")
	require.Contains(t, found["kubeClientSettings"], "must be a JSON object with the numbers burst, qps and timeout")
	require.Contains(t, found["context"], "must be a string; got a value of type object")
	require.Contains(t, found["renderYamlToDirectory"], "does not render YAML")
}

func TestStrictMode(t *testing.T) {
	const byDefault = "urn:pulumi:dev::project::pulumi:providers:kubernetes::default_4_34_2"
	t.Setenv("PULUMI_CONFIG", `{"strictMode":"true"}`)
	require.Equal(t, map[string]string{
		"": "strict mode prohibits default provider", "kubeconfig": `strict mode requires Provider "kubeconfig" argument`,
		"context": `strict mode requires Provider "context" argument`,
	}, failures(t, byDefault, inputs{}))
	require.Empty(t, failures(t, providerURN, inputs{"kubeconfig": unknown, "context": "a"}))
	require.Empty(t, failures(t, byDefault, inputs{"strictMode": "false"}))
}

// kubeconfig returns a kubeconfig with the contexts "one" and "two" for these servers.
func kubeconfig(one, two, token string) string {
	return `{"apiVersion":"v1","kind":"Config","current-context":"one",
		"clusters":[{"name":"c1","cluster":{"server":"` + one + `"}},{"name":"c2","cluster":{"server":"` + two + `"}}],
		"contexts":[{"name":"one","context":{"cluster":"c1","user":"u"}},{"name":"two","context":{"cluster":"c2","user":"u"}}],
		"users":[{"name":"u","user":{"token":"` + token + `"}}]}`
}

func TestDiffConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(path, []byte(kubeconfig("https://a", "https://b", "t")), 0o600))
	same := kubeconfig("https://a", "https://b", "t")
	moved := kubeconfig("https://z", "https://b", "t")
	for name, test := range map[string]struct {
		olds, news      inputs
		diffs, replaces []string
	}{
		"no change":                    {inputs{"kubeconfig": same}, inputs{"kubeconfig": same}, nil, nil},
		"new token":                    {inputs{"kubeconfig": same}, inputs{"kubeconfig": kubeconfig("https://a", "https://b", "new")}, []string{"kubeconfig"}, nil},
		"other server":                 {inputs{"kubeconfig": same}, inputs{"kubeconfig": moved}, []string{"kubeconfig"}, []string{"kubeconfig"}},
		"server of another context":    {inputs{"kubeconfig": same}, inputs{"kubeconfig": kubeconfig("https://a", "https://z", "t")}, []string{"kubeconfig"}, nil},
		"other context":                {inputs{"kubeconfig": same}, inputs{"kubeconfig": same, "context": "two"}, []string{"context"}, []string{"context"}},
		"same context, now explicit":   {inputs{"kubeconfig": same}, inputs{"kubeconfig": same, "context": "one"}, []string{"context"}, nil},
		"other cluster":                {inputs{"kubeconfig": same}, inputs{"kubeconfig": same, "cluster": "c2"}, []string{"cluster"}, []string{"cluster"}},
		"context that does not exist":  {inputs{"kubeconfig": same}, inputs{"kubeconfig": same, "context": "no"}, []string{"context"}, nil},
		"contents instead of a path":   {inputs{"kubeconfig": path}, inputs{"kubeconfig": same}, []string{"kubeconfig"}, nil},
		"namespace":                    {inputs{"kubeconfig": same}, inputs{"kubeconfig": same, "namespace": "n"}, []string{"namespace"}, nil},
		"unknown kubeconfig":           {inputs{"kubeconfig": same}, inputs{"kubeconfig": unknown}, []string{"kubeconfig"}, []string{"kubeconfig"}},
		"identifier: other":            {inputs{"kubeconfig": same, "clusterIdentifier": "a"}, inputs{"kubeconfig": same, "clusterIdentifier": "b"}, []string{"clusterIdentifier"}, []string{"clusterIdentifier"}},
		"identifier: same":             {inputs{"kubeconfig": same, "clusterIdentifier": "a"}, inputs{"kubeconfig": moved, "clusterIdentifier": "a"}, []string{"kubeconfig"}, nil},
		"identifier: same, unknown":    {inputs{"kubeconfig": same, "clusterIdentifier": "a"}, inputs{"kubeconfig": unknown, "clusterIdentifier": "a"}, []string{"kubeconfig"}, nil},
		"identifier: added":            {inputs{"kubeconfig": same}, inputs{"kubeconfig": same, "clusterIdentifier": "a"}, []string{"clusterIdentifier"}, nil},
		"identifier: removed":          {inputs{"kubeconfig": same, "clusterIdentifier": "a"}, inputs{"kubeconfig": same}, []string{"clusterIdentifier"}, nil},
		"identifier: added, but moved": {inputs{"kubeconfig": same}, inputs{"kubeconfig": moved, "clusterIdentifier": "a"}, []string{"clusterIdentifier", "kubeconfig"}, []string{"kubeconfig"}},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := New("4.34.2", nil).DiffConfig(context.Background(),
				&pulumirpc.DiffRequest{Urn: providerURN, Olds: packed(t, test.olds), News: packed(t, test.news)})
			require.NoError(t, err)
			require.ElementsMatch(t, test.diffs, resp.GetDiffs())
			require.ElementsMatch(t, test.replaces, resp.GetReplaces())
			require.Equal(t, test.diffs == nil, resp.GetChanges() == pulumirpc.DiffResponse_DIFF_NONE)
		})
	}
}

func TestKubeconfigByPath(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	require.NoError(t, os.WriteFile(filepath.Join(home, "config"), []byte(kubeconfig("https://a", "https://b", "t")), 0o600))
	config, err := parseKubeconfig("~/config")
	require.NoError(t, err)
	require.Equal(t, "https://a", config.Clusters["c1"].Server)
	_, err = parseKubeconfig("~/missing")
	require.Error(t, err)
}
