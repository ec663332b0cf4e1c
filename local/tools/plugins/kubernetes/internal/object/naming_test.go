package object

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type fields = map[string]any

func objectOf(content fields) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: content}
}

const urn = resource.URN("urn:pulumi:dev::project::kubernetes:core/v1:ConfigMap::app")

var unknown = resource.Computed{Element: resource.NewProperty("")}

func TestAssignName(t *testing.T) {
	seed := []byte("the same seed gives the same name in a preview and its update")
	for name, metadata := range map[string]any{"none": nil, "empty": fields{}, "empty name": fields{"name": ""}} {
		t.Run(name, func(t *testing.T) {
			content := fields{}
			if metadata != nil {
				content["metadata"] = metadata
			}
			obj := objectOf(content)
			require.NoError(t, AssignName(obj, urn, seed, nil))
			require.Regexp(t, `^app-[0-9a-f]{8}$`, obj.GetName())
			require.True(t, IsAutonamed(obj))
			again := objectOf(fields{})
			require.NoError(t, AssignName(again, urn, seed, nil))
			require.Equal(t, obj.GetName(), again.GetName())
		})
	}
}

func TestAssignNameLeavesNamesAlone(t *testing.T) {
	for name, content := range map[string]fields{
		"name":             {"metadata": fields{"name": "mine"}},
		"unknown name":     {"metadata": fields{"name": unknown}},
		"generateName":     {"metadata": fields{"generateName": "mine-"}},
		"unknown metadata": {"metadata": unknown},
	} {
		t.Run(name, func(t *testing.T) {
			obj := objectOf(content)
			require.NoError(t, AssignName(obj, urn, nil, nil))
			require.False(t, IsAutonamed(obj))
			require.Equal(t, content, obj.Object)
		})
	}
}

func TestEngineSettingsForAutonaming(t *testing.T) {
	obj := objectOf(fields{})
	require.NoError(t, AssignName(obj, urn, nil, &pulumirpc.CheckRequest_AutonamingOptions{ProposedName: "proposed"}))
	require.Equal(t, "proposed", obj.GetName())
	require.True(t, IsAutonamed(obj))

	err := AssignName(objectOf(fields{}), urn, nil,
		&pulumirpc.CheckRequest_AutonamingOptions{Mode: pulumirpc.CheckRequest_AutonamingOptions_DISABLE})
	require.ErrorContains(t, err, "`.metadata.name`")
	require.ErrorContains(t, err, "pulumi:autonaming")
}

func TestAdoptName(t *testing.T) {
	auto := objectOf(fields{"metadata": fields{"name": "app-1", "annotations": fields{AnnotationAutonamed: "true"}}})
	obj := objectOf(fields{})
	AdoptName(obj, auto)
	require.Equal(t, "app-1", obj.GetName())
	require.True(t, IsAutonamed(obj))

	named := objectOf(fields{"metadata": fields{"name": "mine"}})
	AdoptName(named, auto)
	require.Equal(t, "mine", named.GetName())

	obj = objectOf(fields{})
	AdoptName(obj, named)
	require.Empty(t, obj.GetName(), "a name that the program no longer sets is dropped")
}

func TestID(t *testing.T) {
	require.Equal(t, "a", ID(objectOf(fields{"metadata": fields{"name": "a"}})))
	require.Equal(t, "n/a", ID(objectOf(fields{"metadata": fields{"name": "a", "namespace": "n"}})))
	for id, want := range map[string][2]string{"a": {"", "a"}, "n/a": {"n", "a"}, "system:masters": {"", "system:masters"}} {
		namespace, name, err := ParseID(id)
		require.NoError(t, err)
		require.Equal(t, want, [2]string{namespace, name})
	}
	for _, id := range []string{"", "/", "n/", "/a", "a/b/c"} {
		_, _, err := ParseID(id)
		require.ErrorContains(t, err, "NAMESPACE/NAME", id)
	}
}

func TestGenerateName(t *testing.T) {
	require.True(t, UsesGenerateName(objectOf(fields{"metadata": fields{"generateName": "a-"}})))
	require.False(t, UsesGenerateName(objectOf(fields{"metadata": fields{"generateName": "a-", "name": "b"}})))
	require.False(t, UsesGenerateName(objectOf(fields{})))
}
