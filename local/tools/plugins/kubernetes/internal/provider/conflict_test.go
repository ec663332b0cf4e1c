//go:build integration

package provider

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
)

var mutable = map[string]string{"enableConfigMapMutable": "true"}

// contested creates a ConfigMap whose field data.a belongs to another manager.
func contested(t *testing.T, server *Server, name string, metadata fields) *engine {
	t.Helper()
	metadata["name"] = name
	config := resourceOf(t, server, "kubernetes:core/v1:ConfigMap", name)
	config.create(configMap(metadata, fields{"a": "1"}))
	_, err := api.Client.CoreV1().ConfigMaps("default").Apply(context.Background(),
		applycore.ConfigMap(name, "default").WithData(map[string]string{"a": "theirs"}),
		metav1.ApplyOptions{FieldManager: "somebody-else", Force: true})
	require.NoError(t, err)
	return config
}

func TestConflictNamesTheManagerAndTheFieldAndLinksToHelp(t *testing.T) {
	config := contested(t, configured(t, mutable), "contested", fields{})
	_, err := config.tryUpdate(configMap(fields{"name": "contested"}, fields{"a": "2"}), false)
	require.ErrorContains(t, err, "Server-Side Apply field conflict detected. See https://www.pulumi.com/registry/packages/kubernetes/")
	require.ErrorContains(t, err, `conflict with "somebody-else": .data.a`)
	require.ErrorContains(t, err, `field manager "pulumi-kubernetes-`)
	require.Equal(t, "theirs", liveConfigMap(t, "contested").Data["a"])
}

func TestConflictIsResolvedByForce(t *testing.T) {
	annotated := fields{"annotations": fields{"pulumi.com/patchForce": "true"}}
	config := contested(t, configured(t, mutable), "annotated", annotated)
	config.update(configMap(annotated, fields{"a": "2"}))
	require.Equal(t, "2", liveConfigMap(t, "annotated").Data["a"])

	forcing := configured(t, map[string]string{"enableConfigMapMutable": "true", "enablePatchForce": "true"})
	config = contested(t, forcing, "forcing", fields{})
	config.update(configMap(fields{"name": "forcing"}, fields{"a": "2"}))
	require.Equal(t, "2", liveConfigMap(t, "forcing").Data["a"])
}

func TestFieldsOfEarlierManagersAreAdopted(t *testing.T) {
	ctx := context.Background()
	for _, manager := range []string{"kubectl-client-side-apply", "pulumi-kubernetes", "before-first-apply"} {
		t.Run(manager, func(t *testing.T) {
			config := resourceOf(t, configured(t, mutable), "kubernetes:core/v1:ConfigMap", "inherited")
			config.create(configMap(fields{"name": "inherited"}, fields{"a": "1", "b": "1"}))
			_, err := api.Client.CoreV1().ConfigMaps("default").Patch(ctx, "inherited", types.MergePatchType,
				[]byte(`{"data":{"a":"other"}}`), metav1.PatchOptions{FieldManager: manager})
			require.NoError(t, err)
			next := configMap(fields{"name": "inherited"}, fields{"a": "2"})
			preview, err := config.tryUpdate(next, true)
			require.NoError(t, err)
			require.Equal(t, "2", preview["data"].(fields)["a"])
			require.Equal(t, "other", liveConfigMap(t, "inherited").Data["a"], "a preview changes nothing")

			config.update(next)
			live := liveConfigMap(t, "inherited")
			require.Equal(t, map[string]string{"a": "2"}, live.Data, "b is removed because its ownership was adopted too")
			require.Len(t, live.ManagedFields, 1)
			require.Equal(t, metav1.ManagedFieldsOperationApply, live.ManagedFields[0].Operation)
			require.Equal(t, unpack(t, config.state)["__fieldManager"], live.ManagedFields[0].Manager)
		})
	}
}

func TestFieldManagerAnnotation(t *testing.T) {
	config := resourceOf(t, configured(t, mutable), "kubernetes:core/v1:ConfigMap", "managed")
	before := unpackManager(config.create(configMap(fields{"name": "managed"}, fields{"a": "1"})))
	named := fields{"name": "managed", "annotations": fields{"pulumi.com/patchFieldManager": "mine"}}
	state := config.update(configMap(named, fields{"a": "2"}))
	require.Equal(t, "mine", unpackManager(state))
	for _, entry := range liveConfigMap(t, "managed").ManagedFields {
		require.NotEqual(t, before, entry.Manager, "the first manager has released its fields")
	}
}

func unpackManager(state fields) string { return state["__fieldManager"].(string) }

func TestClientSideApply(t *testing.T) {
	server := configured(t, map[string]string{"enableServerSideApply": "false", "enableConfigMapMutable": "true"})
	config := resourceOf(t, server, "kubernetes:core/v1:ConfigMap", "client-side")
	program := configMap(fields{"name": "client-side"}, fields{"a": "1", "b": "1"})
	require.Equal(t, "1", config.previewCreate(program)["data"].(fields)["a"])
	state := config.create(program)
	require.Equal(t, "pulumi-kubernetes", unpackManager(state))
	require.Equal(t, map[string]string{"app.kubernetes.io/managed-by": "pulumi"}, liveConfigMap(t, "client-side").Labels)

	live := liveConfigMap(t, "client-side")
	live.Data["foreign"] = "kept"
	_, err := api.Client.CoreV1().ConfigMaps("default").Update(context.Background(), live, metav1.UpdateOptions{})
	require.NoError(t, err)
	config.update(configMap(fields{"name": "client-side"}, fields{"a": "2"}))
	require.Equal(t, map[string]string{"a": "2", "foreign": "kept"}, liveConfigMap(t, "client-side").Data)
}
