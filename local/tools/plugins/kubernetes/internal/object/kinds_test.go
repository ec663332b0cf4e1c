package object

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
)

func urnOf(token string) resource.URN {
	return resource.URN("urn:pulumi:dev::project::" + token + "::name")
}

func TestGVKFromURN(t *testing.T) {
	for token, want := range map[string]schema.GroupVersionKind{
		"kubernetes:core/v1:Namespace":                           {Version: "v1", Kind: "Namespace"},
		"kubernetes:apps/v1:Deployment":                          {Group: "apps", Version: "v1", Kind: "Deployment"},
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole":    {Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRole"},
		"kubernetes:monitoring.example.com/v1alpha1:ServiceRule": {Group: "monitoring.example.com", Version: "v1alpha1", Kind: "ServiceRule"},
	} {
		gvk, err := GVKFromURN(urnOf(token))
		require.NoError(t, err)
		require.Equal(t, want, gvk)
	}
	for token, problem := range map[string]string{
		"kubernetes:v1:Namespace":    "does not have both a group and a version",
		"kubernetes:a/b/c:Namespace": "does not have both a group and a version",
		"aws:ec2/instance:Instance":  "unrecognized resource type",
	} {
		_, err := GVKFromURN(urnOf(token))
		require.ErrorContains(t, err, problem, token)
	}
}

func TestUnsupportedTypesAreRefused(t *testing.T) {
	for token, problem := range map[string]string{
		"kubernetes:core/v1:ConfigMapList":                       "Use the underlying resource type instead",
		"kubernetes:core/v1:ConfigMapPatch":                      "does not support Patch resources",
		"kubernetes:helm.sh/v3:Release":                          "does not support Helm",
		"kubernetes:yaml/v2:ConfigGroup":                         "does not support Helm, Kustomize and YAML",
		"kubernetes:kustomize/v2:Directory":                      "does not support Helm, Kustomize",
		"kubernetes:apiextensions.k8s.io/v1:CustomResourcePatch": "does not support Patch resources",
	} {
		require.ErrorContains(t, CheckSupported(urnOf(token), objectOf(fields{"kind": "Any"})), problem, token)
	}
	require.ErrorContains(t, CheckSupported(urnOf("kubernetes:example.com/v1:RulePatch"), objectOf(fields{"kind": "Rule"})),
		"does not support Patch resources")
	for _, token := range []string{
		"kubernetes:core/v1:ConfigMap", "kubernetes:example.com/v1:WatchList", "kubernetes:example.com/v1:RulePatch",
	} {
		gvk, err := GVKFromURN(urnOf(token))
		require.NoError(t, err)
		require.NoError(t, CheckSupported(urnOf(token), objectOf(fields{"kind": gvk.Kind})), token)
	}
}

func TestScope(t *testing.T) {
	for kind, want := range map[schema.GroupVersionKind][2]bool{
		{Version: "v1", Kind: "ConfigMap"}:                                               {true, true},
		{Version: "v1", Kind: "Namespace"}:                                               {true, false},
		{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "Role"}:                {true, true},
		{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRole"}:         {true, false},
		{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}: {true, false},
		{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"}:             {true, false},
		{Group: "example.com", Version: "v1", Kind: "Namespace"}:                         {false, false},
	} {
		known, namespaced := Scope(kind)
		require.Equal(t, want, [2]bool{known, namespaced}, kind.String())
	}
}

func TestLifecycle(t *testing.T) {
	beta := schema.GroupVersionKind{Group: "batch", Version: "v1beta1", Kind: "CronJob"}
	life, ok := Lifecycle(beta)
	require.True(t, ok)
	for release, want := range map[string]string{
		"1.20": "",
		"1.24": "batch/v1beta1/CronJob is deprecated by batch/v1/CronJob and not supported by Kubernetes v1.25+ clusters.",
		"1.36": `apiVersion "batch/v1beta1/CronJob" was removed in Kubernetes 1.25. Use "batch/v1/CronJob" instead.`,
	} {
		require.Equal(t, want, life.Warning(beta, version.MustParseGeneric(release)))
	}
	_, ok = Lifecycle(schema.GroupVersionKind{Group: "batch", Version: "v1", Kind: "CronJob"})
	require.False(t, ok)
	_, ok = Lifecycle(schema.GroupVersionKind{Group: "example.com", Version: "v1beta1", Kind: "Rule"})
	require.False(t, ok)
}
