//go:build integration

package provider

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Discovery is two requests, shared by all resources; the whole OpenAPI document is never fetched.
func TestTwoObjectsTakeWellUnderASecond(t *testing.T) {
	start := time.Now()
	server := configured(t, nil)
	role := resourceOf(t, server, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "role")
	role.previewCreate(clusterRole("fast", "get"))
	role.create(clusterRole("fast", "get"))
	bound := resourceOf(t, server, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "bound")
	bound.create(binding("fast"))
	took := time.Since(start)
	t.Logf("connected, previewed and created two objects in %v", took)
	require.Less(t, took, time.Second)
}
