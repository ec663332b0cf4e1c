//go:build integration

package provider

import (
	"context"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func clusterRole(name string, verbs ...any) fields {
	return fields{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
		"metadata": fields{"name": name},
		"rules":    []any{fields{"apiGroups": []any{""}, "resources": []any{"nodes/proxy"}, "verbs": verbs}},
	}
}

func TestClusterRoleIsCreatedUpdatedAndDeleted(t *testing.T) {
	ctx := context.Background()
	role := resourceOf(t, configured(t, nil), "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "role")
	preview := role.previewCreate(clusterRole("life", "get"))
	require.Equal(t, "life", preview["metadata"].(fields)["name"])
	_, err := api.Client.RbacV1().ClusterRoles().Get(ctx, "life", metav1.GetOptions{})
	require.True(t, apierrors.IsNotFound(err), "a preview must not create anything")

	state := role.create(clusterRole("life", "get"))
	require.Equal(t, "life", role.id)
	require.Equal(t, "rbac.authorization.k8s.io/v1", state["__initialApiVersion"])
	require.Regexp(t, `^pulumi-kubernetes-[0-9a-f]{8}$`, state["__fieldManager"])
	require.Equal(t, clusterRole("life", "get"), state["__inputs"])
	require.NotEmpty(t, state["metadata"].(fields)["uid"])

	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, role.diff(clusterRole("life", "get")).GetChanges())
	change := role.diff(clusterRole("life", "get", "create"))
	require.Equal(t, pulumirpc.DiffResponse_DIFF_SOME, change.GetChanges())
	require.Empty(t, change.GetReplaces())
	require.Contains(t, change.GetDetailedDiff(), "rules[0].verbs[1]")

	_, err = role.tryUpdate(clusterRole("life", "get", "create"), true)
	require.NoError(t, err)
	updated := role.update(clusterRole("life", "get", "create"))
	require.Equal(t, state["__fieldManager"], updated["__fieldManager"])
	live, err := api.Client.RbacV1().ClusterRoles().Get(ctx, "life", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"get", "create"}, live.Rules[0].Verbs)

	require.True(t, role.refresh())
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, role.diff(clusterRole("life", "get", "create")).GetChanges())
	require.NoError(t, role.delete())
	_, err = api.Client.RbacV1().ClusterRoles().Get(ctx, "life", metav1.GetOptions{})
	require.True(t, apierrors.IsNotFound(err))
}

func binding(role string) fields {
	return fields{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
		"metadata": fields{"name": "bound"},
		"roleRef":  fields{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
		"subjects": []any{fields{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "kubelet-client"}},
	}
}

func TestRoleRefForcesReplacement(t *testing.T) {
	bound := resourceOf(t, configured(t, nil), "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "bound")
	bound.create(binding("view"))
	change := bound.diff(binding("edit"))
	require.Equal(t, []string{"roleRef.name"}, change.GetReplaces())
	require.Equal(t, pulumirpc.PropertyDiff_UPDATE_REPLACE, change.GetDetailedDiff()["roleRef.name"].GetKind())
	require.True(t, change.GetDeleteBeforeReplace())

	// The engine previews the creation of the replacement while the old object is still there.
	require.Equal(t, "edit", bound.previewCreate(binding("edit"))["roleRef"].(fields)["name"])
	require.NoError(t, bound.delete())
	bound.create(binding("edit"))
	require.Equal(t, "bound", bound.id)
}
