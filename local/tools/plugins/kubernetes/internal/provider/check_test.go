package provider

import (
	"context"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const configMapURN = "urn:pulumi:dev::project::kubernetes:core/v1:ConfigMap::app"

// offline returns a provider without an API server, as in a preview before the cluster exists.
func offline(t *testing.T) *Server {
	t.Helper()
	server := New("4.34.2", nil)
	_, err := server.Configure(context.Background(), &pulumirpc.ConfigureRequest{
		AcceptSecrets: true,
		Variables:     map[string]string{variablePrefix + "kubeconfig": kubeconfig("https://127.0.0.1:1", "https://127.0.0.1:1", "t")},
	})
	require.NoError(t, err)
	return server
}

func TestCheckNamesTheFieldWithTheWrongType(t *testing.T) {
	for name, test := range map[string]struct {
		metadata any
		property string
	}{
		"metadata":    {"text", "metadata"},
		"annotations": {inputs{"annotations": "text"}, "metadata.annotations"},
		"labels":      {inputs{"labels": []any{"a"}}, "metadata.labels"},
		"name":        {inputs{"name": 7}, "metadata.name"},
		"namespace":   {inputs{"namespace": inputs{}}, "metadata.namespace"},
	} {
		t.Run(name, func(t *testing.T) {
			news := inputs{"apiVersion": "v1", "kind": "ConfigMap", "metadata": test.metadata}
			resp, err := offline(t).Check(context.Background(), &pulumirpc.CheckRequest{Urn: configMapURN, News: packed(t, news)})
			require.NoError(t, err)
			require.Len(t, resp.GetFailures(), 1)
			require.Equal(t, test.property, resp.GetFailures()[0].GetProperty())
			require.Contains(t, resp.GetFailures()[0].GetReason(), test.property+" must be ")
		})
	}
}

func TestCheckKeepsUnknownValues(t *testing.T) {
	for name, news := range map[string]inputs{
		"data":        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": inputs{"name": "a"}, "data": inputs{"k": unknown}},
		"name":        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": inputs{"name": unknown}},
		"annotations": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": inputs{"name": "a", "annotations": unknown}},
		"metadata":    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": unknown},
	} {
		t.Run(name, func(t *testing.T) {
			server := offline(t)
			checked, err := server.Check(context.Background(), &pulumirpc.CheckRequest{Urn: configMapURN, News: packed(t, news)})
			require.NoError(t, err)
			require.Empty(t, checked.GetFailures())
			want := packed(t, news)
			if metadata, ok := news["metadata"].(inputs); ok {
				metadata["namespace"] = "default"
				want = packed(t, news)
			}
			require.Equal(t, want.AsMap(), checked.GetInputs().AsMap())
			preview, err := server.Create(context.Background(),
				&pulumirpc.CreateRequest{Urn: configMapURN, Properties: checked.GetInputs(), Preview: true})
			require.NoError(t, err)
			require.Equal(t, checked.GetInputs().AsMap(), preview.GetProperties().AsMap())
		})
	}
}

func TestGenerateNameNeedsClientSideApply(t *testing.T) {
	news := inputs{"apiVersion": "v1", "kind": "ConfigMap", "metadata": inputs{"generateName": "a-"}}
	_, err := offline(t).Check(context.Background(), &pulumirpc.CheckRequest{Urn: configMapURN, News: packed(t, news)})
	require.ErrorContains(t, err, "`.metadata.generateName` field is not supported in Server-Side Apply mode")
}

func TestStateWithoutAnObjectIsAnError(t *testing.T) {
	_, err := offline(t).Diff(context.Background(), &pulumirpc.DiffRequest{Urn: configMapURN, News: packed(t, inputs{})})
	require.ErrorContains(t, err, "pulumi refresh")
}

func TestAPanicBecomesTheErrorOfItsCall(t *testing.T) {
	call := func() (err error) {
		defer rescue(&err)
		panic("odd value")
	}
	require.Equal(t, codes.Internal, status.Code(call()))
	require.ErrorContains(t, call(), "odd value")
}

func TestFunctionsAndComponentsAreRefused(t *testing.T) {
	server := offline(t)
	_, err := server.Invoke(context.Background(), &pulumirpc.InvokeRequest{Tok: "kubernetes:helm:template"})
	require.ErrorContains(t, err, "kubernetes:helm:template: this build of the Kubernetes provider does not support Helm")
	_, err = server.Construct(context.Background(), &pulumirpc.ConstructRequest{Type: "kubernetes:helm.sh/v4:Chart"})
	require.ErrorContains(t, err, "kubernetes:helm.sh/v4:Chart: this build of the Kubernetes provider does not support Helm")
}
