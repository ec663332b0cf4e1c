package provider

import (
	"context"
	"encoding/json"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

func TestSchema(t *testing.T) {
	resp, err := New("4.34.2", nil).GetSchema(context.Background(), &pulumirpc.GetSchemaRequest{})
	require.NoError(t, err)
	var described struct {
		Name, Version string
		Language      struct {
			Nodejs struct{ ModuleToPackage map[string]string }
		}
		Resources map[string]resourceSchema
	}
	require.NoError(t, json.Unmarshal([]byte(resp.GetSchema()), &described))
	require.Equal(t, "4.34.2", described.Version)
	require.Equal(t, "rbac/v1", described.Language.Nodejs.ModuleToPackage["rbac.authorization.k8s.io/v1"])
	require.Equal(t, "core/v1", described.Language.Nodejs.ModuleToPackage["core/v1"])
	role := described.Resources["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"]
	require.Equal(t, property{Type: "string", Const: "ClusterRole"}, role.InputProperties["kind"])
	require.Contains(t, role.InputProperties, "aggregationRule")
	pod := described.Resources["kubernetes:core/v1:Pod"]
	require.Contains(t, pod.Properties, "status")
	require.NotContains(t, pod.InputProperties, "status")
	require.NotContains(t, described.Resources, "kubernetes:core/v1:PodList")
	require.NotContains(t, described.Resources, "kubernetes:core/v1:ListOptions")
	require.NotContains(t, described.Resources, "kubernetes:authentication.k8s.io/v1:TokenReview")
	require.Contains(t, described.Resources["kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"].InputProperties, "spec")
}
