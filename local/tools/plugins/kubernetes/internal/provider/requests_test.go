//go:build integration

package provider

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"

	"hardway/local/tools/plugins/kubernetes/internal/cluster"
)

// requestLog records the method and path of every request that it passes on.
type requestLog struct {
	next http.RoundTripper
	lock sync.Mutex
	seen []string
}

func (l *requestLog) RoundTrip(request *http.Request) (*http.Response, error) {
	l.lock.Lock()
	l.seen = append(l.seen, request.Method+" "+request.URL.Path)
	l.lock.Unlock()
	return l.next.RoundTrip(request)
}

// Two requests discover all kinds, for all resources together. The large OpenAPI document is never fetched.
func TestObjectsShareTwoRequestsOfDiscovery(t *testing.T) {
	log := &requestLog{}
	config := rest.CopyConfig(api.Config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		log.next = next
		return log
	})
	server := configured(t, nil)
	var err error
	server.cluster, err = cluster.Connect(config)
	require.NoError(t, err)

	role := resourceOf(t, server, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "role")
	role.previewCreate(clusterRole("shared", "get"))
	role.create(clusterRole("shared", "get"))
	bound := resourceOf(t, server, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "bound")
	bound.create(binding("shared"))
	const rbac = "/apis/rbac.authorization.k8s.io/v1"
	require.Equal(t, []string{
		"GET /api", "GET /apis",
		"POST " + rbac + "/clusterroles", "POST " + rbac + "/clusterroles", "POST " + rbac + "/clusterrolebindings",
	}, log.seen)
}
