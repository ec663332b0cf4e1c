package diff

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type fields = map[string]any

const (
	add           = pulumirpc.PropertyDiff_ADD
	addReplace    = pulumirpc.PropertyDiff_ADD_REPLACE
	remove        = pulumirpc.PropertyDiff_DELETE
	removeReplace = pulumirpc.PropertyDiff_DELETE_REPLACE
	update        = pulumirpc.PropertyDiff_UPDATE
	updateReplace = pulumirpc.PropertyDiff_UPDATE_REPLACE
)

func TestCompute(t *testing.T) {
	unknown := resource.Computed{Element: resource.NewProperty("")}
	for name, test := range map[string]struct {
		live, inputs fields
		immutable    []string
		want         map[string]pulumirpc.PropertyDiff_Kind
	}{
		"no change":             {fields{"a": 1.0, "b": []any{"x"}}, fields{"a": int64(1), "b": []any{"x"}}, nil, nil},
		"scalar":                {fields{"a": "1"}, fields{"a": "2"}, nil, map[string]pulumirpc.PropertyDiff_Kind{"a": update}},
		"added and removed":     {fields{"a": fields{"x": 1}}, fields{"a": fields{"y": 1}}, nil, map[string]pulumirpc.PropertyDiff_Kind{"a.x": remove, "a.y": add}},
		"key with dots":         {fields{"m": fields{}}, fields{"m": fields{"a.b/c": "1"}}, nil, map[string]pulumirpc.PropertyDiff_Kind{`m["a.b/c"]`: add}},
		"key with a quote":      {fields{"m": fields{}}, fields{"m": fields{`a"b`: "1"}}, nil, map[string]pulumirpc.PropertyDiff_Kind{`m["a\"b"]`: add}},
		"element":               {fields{"l": []any{"a", "b"}}, fields{"l": []any{"a", "c"}}, nil, map[string]pulumirpc.PropertyDiff_Kind{"l[1]": update}},
		"longer list":           {fields{"l": []any{"a"}}, fields{"l": []any{"a", "b"}}, nil, map[string]pulumirpc.PropertyDiff_Kind{"l[1]": add}},
		"shorter list":          {fields{"l": []any{"a", "b"}}, fields{"l": []any{"a"}}, nil, map[string]pulumirpc.PropertyDiff_Kind{"l[1]": remove}},
		"inside an element":     {fields{"l": []any{fields{"x": "1", "y": "2"}}}, fields{"l": []any{fields{"x": "1"}}}, nil, map[string]pulumirpc.PropertyDiff_Kind{"l[0].y": remove}},
		"other type":            {fields{"a": "1"}, fields{"a": fields{"b": "1"}}, nil, map[string]pulumirpc.PropertyDiff_Kind{"a": update}},
		"object for array":      {fields{"a": []any{}}, fields{"a": fields{"b": "1"}}, nil, map[string]pulumirpc.PropertyDiff_Kind{"a": update}},
		"now unknown":           {fields{"a": "1"}, fields{"a": unknown}, nil, map[string]pulumirpc.PropertyDiff_Kind{"a": update}},
		"new and unknown":       {fields{}, fields{"a": unknown}, nil, map[string]pulumirpc.PropertyDiff_Kind{"a": add}},
		"unknown in a list":     {fields{"l": []any{"a"}}, fields{"l": []any{unknown}}, nil, map[string]pulumirpc.PropertyDiff_Kind{"l[0]": update}},
		"null stays null":       {fields{"l": []any{nil}}, fields{"l": []any{nil, "a"}}, nil, map[string]pulumirpc.PropertyDiff_Kind{"l[1]": add}},
		"below an immutable":    {fields{"r": fields{"n": "1", "k": "2"}}, fields{"r": fields{"n": "9", "new": "3"}}, []string{".r"}, map[string]pulumirpc.PropertyDiff_Kind{"r.n": updateReplace, "r.k": removeReplace, "r.new": addReplace}},
		"contains an immutable": {fields{}, fields{"s": fields{"x": "1"}}, []string{".s.x"}, map[string]pulumirpc.PropertyDiff_Kind{"s": addReplace}},
		"beside an immutable":   {fields{}, fields{"s": fields{"y": "1"}}, []string{".s.x"}, map[string]pulumirpc.PropertyDiff_Kind{"s": add}},
		"immutable elements":    {fields{"c": []any{fields{"i": "1", "n": "a"}, fields{"i": "2"}}}, fields{"c": []any{fields{"i": "1", "n": "b"}, fields{"i": "3"}}}, []string{".c[*].i"}, map[string]pulumirpc.PropertyDiff_Kind{"c[0].n": update, "c[1].i": updateReplace}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Compute(test.live, test.inputs, test.immutable)
			require.NoError(t, err)
			kinds := map[string]pulumirpc.PropertyDiff_Kind{}
			for path, change := range found {
				kinds[path] = change.GetKind()
				require.Equal(t, change.GetKind() == remove || change.GetKind() == removeReplace, change.GetInputDiff())
			}
			if test.want == nil {
				test.want = map[string]pulumirpc.PropertyDiff_Kind{}
			}
			require.Equal(t, test.want, kinds)
		})
	}
}

func TestIgnore(t *testing.T) {
	found := Detailed{`metadata.annotations["a.b/c"]`: {}, "spec.replicas": {}, "spec.template.x": {}, "data.k": {}}
	require.NoError(t, Ignore(found, []string{`metadata.annotations["a.b/c"]`, "spec.template"}))
	require.Equal(t, Detailed{"spec.replicas": {}, "data.k": {}}, found)
	require.ErrorContains(t, Ignore(found, []string{`spec["`}), "ignoreChanges")
}

func TestReplaces(t *testing.T) {
	require.ElementsMatch(t, []string{"a", "metadata"},
		Replaces(Detailed{"a": {Kind: addReplace}, "b": {Kind: update}, "c": {Kind: remove}, "metadata": {Kind: remove}}))
}

func TestImmutable(t *testing.T) {
	of := func(apiVersion, kind string, extra fields) *unstructured.Unstructured {
		content := fields{"apiVersion": apiVersion, "kind": kind}
		for key, value := range extra {
			content[key] = value
		}
		return &unstructured.Unstructured{Object: content}
	}
	identity := []string{".metadata.name", ".metadata.namespace"}
	both := Mutable{ConfigMaps: true, Secrets: true}
	for name, test := range map[string]struct {
		obj     *unstructured.Unstructured
		mutable Mutable
		want    []string
	}{
		"ClusterRole":        {of("rbac.authorization.k8s.io/v1", "ClusterRole", nil), Mutable{}, nil},
		"ClusterRoleBinding": {of("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", nil), Mutable{}, []string{".roleRef"}},
		"Deployment":         {of("apps/v1", "Deployment", nil), Mutable{}, []string{".spec.selector"}},
		"DaemonSet":          {of("apps/v1", "DaemonSet", nil), Mutable{}, []string{".spec.selector"}},
		"Service":            {of("v1", "Service", nil), Mutable{}, []string{".spec.clusterIP"}},
		"core Service":       {of("core/v1", "Service", nil), Mutable{}, []string{".spec.clusterIP"}},
		"StorageClass":       {of("storage.k8s.io/v1", "StorageClass", nil), Mutable{}, []string{".parameters", ".provisioner"}},
		"ConfigMap":          {of("v1", "ConfigMap", nil), Mutable{}, []string{".binaryData", ".data"}},
		"mutable ConfigMap":  {of("v1", "ConfigMap", nil), both, nil},
		"frozen ConfigMap":   {of("v1", "ConfigMap", fields{"immutable": true}), both, []string{".binaryData", ".data"}},
		"Secret":             {of("v1", "Secret", nil), Mutable{}, []string{".type", ".stringData", ".data"}},
		"mutable Secret":     {of("v1", "Secret", nil), both, []string{".type"}},
		"frozen Secret":      {of("v1", "Secret", fields{"immutable": true}), both, []string{".type", ".stringData", ".data"}},
		"custom Secret":      {of("example.com/v1", "Secret", nil), Mutable{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			require.ElementsMatch(t, append(test.want, identity...), Immutable(test.obj, test.mutable))
		})
	}
	require.Contains(t, Immutable(of("v1", "Pod", nil), Mutable{}), ".spec.initContainers[*].image")
	require.Contains(t, Immutable(of("apps/v1", "StatefulSet", nil), Mutable{}), ".spec.volumeClaimTemplates")
	require.Contains(t, Immutable(of("batch/v1", "Job", nil), Mutable{}), ".spec.template")
	require.Contains(t, Immutable(of("v1", "PersistentVolumeClaim", nil), Mutable{}), ".spec.storageClassName")
}
