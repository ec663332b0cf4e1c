package object

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestStateSurvivesARoundTrip(t *testing.T) {
	state := State{
		Inputs:            objectOf(fields{"apiVersion": "v1", "kind": "ConfigMap", "data": fields{"a": "1"}}),
		Live:              objectOf(fields{"apiVersion": "v1", "kind": "ConfigMap", "data": fields{"a": "1", "b": "2"}}),
		InitialAPIVersion: "v1", FieldManager: "pulumi-kubernetes-01234567",
	}
	props := state.Properties(nil)
	require.Equal(t, "v1", props["__initialApiVersion"].StringValue())
	require.Equal(t, "pulumi-kubernetes-01234567", props["__fieldManager"].StringValue())
	require.Equal(t, "2", props["data"].ObjectValue()["b"].StringValue())
	require.Equal(t, state, ParseState(props))
	require.Empty(t, ParseState(resource.PropertyMap{}).Inputs.Object)
}

func TestDashesInFieldNamesOfSchemas(t *testing.T) {
	props := resource.NewPropertyMapFromMap(fields{"spec": []any{fields{"x_kubernetes_int_or_string": true, "x_other": 1}}})
	obj := FromProperties(props)
	require.Equal(t, fields{"spec": []any{fields{"x-kubernetes-int-or-string": true, "x_other": 1.0}}}, obj.Object)
	require.Equal(t, props, ToProperties(obj))

	hidden := FromProperties(resource.PropertyMap{"spec": resource.MakeSecret(props["spec"])})
	require.Equal(t, obj, hidden, "a field inside a secret is converted too")
}

func TestMarkSecrets(t *testing.T) {
	secret := func(text string) resource.PropertyValue { return resource.MakeSecret(resource.NewProperty(text)) }
	from := resource.PropertyMap{
		"kind": resource.NewProperty("ConfigMap"),
		"data": resource.NewProperty(resource.PropertyMap{"a": secret("x"), "b": resource.NewProperty("y")}),
		"list": resource.NewProperty([]resource.PropertyValue{resource.NewProperty("1"), secret("2")}),
		"gone": secret("z"),
	}
	to := resource.NewPropertyMapFromMap(fields{
		"kind": "ConfigMap", "data": fields{"a": "x", "b": "y"}, "list": []any{"2", "1"}, "other": "o",
	})
	MarkSecrets(to, from)
	data := to["data"].ObjectValue()
	require.True(t, data["a"].IsSecret())
	require.False(t, data["b"].IsSecret(), "a secret field does not make its neighbours secret")
	require.True(t, to["list"].IsSecret(), "servers reorder arrays")
	require.False(t, to["other"].IsSecret())

	payload := resource.NewPropertyMapFromMap(fields{"kind": "Secret", "data": fields{}, "stringData": fields{}, "type": "t"})
	MarkSecrets(payload, nil)
	require.True(t, payload["data"].IsSecret())
	require.True(t, payload["stringData"].IsSecret())
	require.False(t, payload["type"].IsSecret())
}

func TestHasComputed(t *testing.T) {
	require.True(t, HasComputed(objectOf(fields{"a": []any{fields{"b": unknown}}})))
	require.False(t, HasComputed(objectOf(fields{"a": []any{fields{"b": "known"}, 1, nil}})))
}

func TestPrune(t *testing.T) {
	live := fields{
		"data": fields{"a": "1", "b": "2"}, "status": fields{"x": 1},
		"ports":  []any{fields{"port": 80, "nodePort": 30000}, fields{"port": 81}},
		"simple": []any{"a", "b", "c"}, "changed": "text", "empty": []any{"x"},
	}
	shape := fields{
		"data": fields{"a": "9"}, "ports": []any{fields{"port": 1}}, "simple": []any{"z"},
		"changed": fields{"now": "an object"}, "empty": []any{}, "new": true,
	}
	require.Equal(t, fields{
		"data": fields{"a": "1"}, "ports": []any{fields{"port": 80}}, "simple": []any{"a"}, "changed": "text", "empty": []any{},
	}, Prune(live, shape))
	require.Nil(t, Prune(nil, shape))
	require.Nil(t, Prune(live, nil))
}

func TestNormalize(t *testing.T) {
	pod := Normalize(objectOf(fields{
		"apiVersion": "v1", "kind": "Pod", "metadata": fields{"name": "p", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"},
		"spec": fields{"containers": []any{fields{
			"name": "c", "resources": fields{"limits": fields{"cpu": "1000m", "memory": "1024Mi"}},
		}}},
	}))
	limits := pod.Object["spec"].(fields)["containers"].([]any)[0].(fields)["resources"].(fields)["limits"]
	require.Equal(t, fields{"cpu": "1", "memory": "1Gi"}, limits)
	require.Equal(t, fields{"name": "p"}, pod.Object["metadata"])

	secret := Normalize(objectOf(fields{
		"apiVersion": "v1", "kind": "Secret", "stringData": fields{"a": "x"}, "data": fields{"a": "b2xk", "b": "eQ=="},
	}))
	require.Equal(t, fields{"apiVersion": "v1", "kind": "Secret", "data": fields{"a": "eA==", "b": "eQ=="}}, secret.Object)

	custom := fields{"apiVersion": "example.com/v1", "kind": "Rule", "spec": fields{"cpu": "1000m"}}
	require.Equal(t, fields{"cpu": "1000m"}, Normalize(objectOf(custom)).Object["spec"])

	partly := fields{"apiVersion": "v1", "kind": "Pod", "spec": fields{"nodeName": unknown}}
	require.Equal(t, fields{"nodeName": unknown}, Normalize(objectOf(partly)).Object["spec"])

	wrong := fields{"apiVersion": "v1", "kind": "ConfigMap", "data": "no map"}
	require.Equal(t, "no map", Normalize(objectOf(wrong)).Object["data"], "left for the server to refuse")
}

func TestTimeoutAndDeletionAnnotations(t *testing.T) {
	with := func(key string, value any) fields {
		return fields{"metadata": fields{"annotations": fields{key: value, "other": unknown}}}
	}
	require.Equal(t, 5*time.Second, Timeout(0, objectOf(with(AnnotationTimeoutSeconds, "5")), time.Minute))
	require.Equal(t, 1500*time.Millisecond, Timeout(1.5, objectOf(with(AnnotationTimeoutSeconds, "5")), time.Minute))
	require.Equal(t, time.Minute, Timeout(0, objectOf(with(AnnotationTimeoutSeconds, "soon")), time.Minute))
	require.Equal(t, time.Minute, Timeout(0, objectOf(with(AnnotationTimeoutSeconds, unknown)), time.Minute))
	for value, want := range map[string]metav1.DeletionPropagation{
		"orphan": metav1.DeletePropagationOrphan, "Background": metav1.DeletePropagationBackground,
		"foreground": metav1.DeletePropagationForeground, "nonsense": metav1.DeletePropagationForeground,
	} {
		require.Equal(t, want, DeletionPropagation(objectOf(with(AnnotationDeletionPropagation, value))))
	}
}

func TestManagedByLabel(t *testing.T) {
	obj := objectOf(fields{})
	require.False(t, HasManagedByLabel(obj))
	SetManagedByLabel(obj)
	require.True(t, HasManagedByLabel(obj))
	require.True(t, HasManagedByLabel(objectOf(fields{"metadata": fields{"labels": unknown}})))
	t.Setenv("PULUMI_KUBERNETES_MANAGED_BY_LABEL", "us")
	require.False(t, HasManagedByLabel(obj))
}
