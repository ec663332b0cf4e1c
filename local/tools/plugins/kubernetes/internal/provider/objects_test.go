//go:build integration

package provider

import (
	"context"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func configMap(metadata fields, data fields) fields {
	return fields{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
}

func TestNamespacedObjectWithoutNameOrNamespace(t *testing.T) {
	config := resourceOf(t, configured(t, nil), "kubernetes:core/v1:ConfigMap", "app")
	program := fields{"apiVersion": "v1", "kind": "ConfigMap", "data": fields{"a": "1"}}
	state := config.create(program)
	require.Regexp(t, `^default/app-[0-9a-f]{8}$`, config.id)
	metadata := state["metadata"].(fields)
	require.Equal(t, "default", metadata["namespace"])
	require.Equal(t, fields{"pulumi.com/autonamed": "true"}, metadata["annotations"])

	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, config.diff(program).GetChanges(), "the name stays")
	change := config.diff(fields{"apiVersion": "v1", "kind": "ConfigMap", "data": fields{"a": "2"}})
	require.Equal(t, []string{"data.a"}, change.GetReplaces())
	require.False(t, change.GetDeleteBeforeReplace(), "the replacement gets another name")
}

func TestDefaultNamespaceOfTheProvider(t *testing.T) {
	namespace := resourceOf(t, configured(t, nil), "kubernetes:core/v1:Namespace", "team")
	namespace.create(fields{"apiVersion": "v1", "kind": "Namespace", "metadata": fields{"name": "team"}})
	require.Equal(t, "team", namespace.id)

	server := configured(t, map[string]string{"namespace": "team"})
	config := resourceOf(t, server, "kubernetes:core/v1:ConfigMap", "app")
	config.create(configMap(fields{"name": "app"}, fields{"a": "1"}))
	require.Equal(t, "team/app", config.id)
	moved := config.diff(configMap(fields{"name": "app", "namespace": "default"}, fields{"a": "1"}))
	require.Equal(t, []string{"metadata.namespace"}, moved.GetReplaces())
	require.False(t, moved.GetDeleteBeforeReplace(), "the new object is in another namespace")

	role := resourceOf(t, server, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "role")
	role.create(clusterRole("in-no-namespace", "get"))
	require.Equal(t, "in-no-namespace", role.id)
}

func TestMutableConfigMapIsUpdatedInPlace(t *testing.T) {
	config := resourceOf(t, configured(t, map[string]string{"enableConfigMapMutable": "true"}),
		"kubernetes:core/v1:ConfigMap", "mutable")
	config.create(configMap(fields{"name": "mutable"}, fields{"a": "1", "b": "1"}))
	next := configMap(fields{"name": "mutable"}, fields{"a": "2"})
	change := config.diff(next)
	require.Empty(t, change.GetReplaces())
	require.Equal(t, pulumirpc.PropertyDiff_UPDATE, change.GetDetailedDiff()["data.a"].GetKind())
	require.Equal(t, pulumirpc.PropertyDiff_DELETE, change.GetDetailedDiff()["data.b"].GetKind())
	config.update(next)
	require.Equal(t, map[string]string{"a": "2"}, liveConfigMap(t, "mutable").Data)
}

func liveConfigMap(t *testing.T, name string) *corev1.ConfigMap {
	t.Helper()
	live, err := api.Client.CoreV1().ConfigMaps("default").Get(context.Background(), name, metav1.GetOptions{})
	require.NoError(t, err)
	return live
}

func TestRefreshSeesDriftAndDeletion(t *testing.T) {
	ctx := context.Background()
	config := resourceOf(t, configured(t, nil), "kubernetes:core/v1:ConfigMap", "drift")
	program := configMap(fields{"name": "drift"}, fields{"a": "1"})
	config.create(program)

	live := liveConfigMap(t, "drift")
	live.Data = map[string]string{"a": "9", "foreign": "yes"}
	_, err := api.Client.CoreV1().ConfigMaps("default").Update(ctx, live, metav1.UpdateOptions{})
	require.NoError(t, err)
	require.True(t, config.refresh())
	change := config.diff(program)
	require.Contains(t, change.GetDetailedDiff(), "data.a")
	require.NotContains(t, change.GetDetailedDiff(), "data.foreign", "the program never set this field")

	require.NoError(t, api.Client.CoreV1().ConfigMaps("default").Delete(ctx, "drift", metav1.DeleteOptions{}))
	require.NoError(t, config.delete(), "deleting a missing object succeeds")
	config.id = "default/drift"
	require.False(t, config.refresh())
}

func TestImportByID(t *testing.T) {
	ctx := context.Background()
	_, err := api.Client.CoreV1().ConfigMaps("default").Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "found", Labels: map[string]string{"team": "a"}},
		Data:       map[string]string{"a": "1"},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	found := resourceOf(t, configured(t, nil), "kubernetes:core/v1:ConfigMap", "found")
	found.id = "default/found"
	require.True(t, found.refresh())
	require.Equal(t, fields{
		"apiVersion": "v1", "kind": "ConfigMap", "data": fields{"a": "1"},
		"metadata": fields{"name": "found", "namespace": "default", "labels": fields{"team": "a"}},
	}, unpack(t, found.inputs))
	program := configMap(fields{"name": "found", "labels": fields{"team": "a"}}, fields{"a": "1"})
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, found.diff(program).GetChanges())
	require.NoError(t, found.delete())

	missing := resourceOf(t, configured(t, nil), "kubernetes:core/v1:ConfigMap", "missing")
	missing.id = "default/missing"
	require.False(t, missing.refresh())
	_, err = missing.server.Read(ctx, &pulumirpc.ReadRequest{Id: "a/b/c", Urn: missing.urn})
	require.ErrorContains(t, err, `"a/b/c"`)
}

func TestCreatingAnExistingObjectFails(t *testing.T) {
	namespace := fields{"apiVersion": "v1", "kind": "Namespace", "metadata": fields{"name": "default", "labels": fields{"x": "y"}}}
	plain := resourceOf(t, configured(t, nil), "kubernetes:core/v1:Namespace", "taken")
	require.ErrorContains(t, plain.tryCreate(namespace), `namespaces "default" already exists`)

	upsert := resourceOf(t, configured(t, map[string]string{"upsertExistingObjects": "true"}), "kubernetes:core/v1:Namespace", "taken")
	require.NoError(t, upsert.tryCreate(namespace))
	require.Equal(t, "default", upsert.id)
	require.NoError(t, upsert.delete(), "nobody can delete this namespace, so the fields are released")
	live, err := api.Client.CoreV1().Namespaces().Get(context.Background(), "default", metav1.GetOptions{})
	require.NoError(t, err)
	require.NotContains(t, live.Labels, "x")
}

func TestIgnoredChangesKeepTheLiveValue(t *testing.T) {
	config := resourceOf(t, configured(t, map[string]string{"enableConfigMapMutable": "true"}),
		"kubernetes:core/v1:ConfigMap", "ignoring")
	config.create(configMap(fields{"name": "ignoring"}, fields{"a": "1", "b": "1"}))
	next := configMap(fields{"name": "ignoring"}, fields{"a": "2", "b": "2"})
	change := config.diffIgnoring(next, "data.a")
	require.NotContains(t, change.GetDetailedDiff(), "data.a")
	require.Contains(t, change.GetDetailedDiff(), "data.b")
	config.update(next, "data.a")
	require.Equal(t, map[string]string{"a": "1", "b": "2"}, liveConfigMap(t, "ignoring").Data)
}

func TestInvalidObjectFailsWithTheServersMessage(t *testing.T) {
	config := resourceOf(t, configured(t, nil), "kubernetes:core/v1:ConfigMap", "invalid")
	err := config.tryCreate(configMap(fields{"name": "Not A Name"}, fields{}))
	require.ErrorContains(t, err, "was not successfully created by the Kubernetes API server")
	require.ErrorContains(t, err, `"Not A Name" is invalid: metadata.name`)
	require.True(t, apierrors.IsInvalid(err))
}
