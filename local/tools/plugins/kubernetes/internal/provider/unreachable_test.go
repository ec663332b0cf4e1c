//go:build integration

package provider

import (
	"context"
	"net"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
)

// refusing returns the test API's kubeconfig with the address of a closed port.
func refusing(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	config, err := clientcmd.Load([]byte(api.Kubeconfig))
	require.NoError(t, err)
	config.Clusters["test"].Server = "https://" + listener.Addr().String()
	text, err := clientcmd.Write(*config)
	require.NoError(t, err)
	return string(text)
}

// lost creates an object and returns it with a provider that cannot reach the API server.
func lost(t *testing.T, name string, variables map[string]string) *engine {
	t.Helper()
	config := resourceOf(t, configured(t, nil), "kubernetes:core/v1:ConfigMap", name)
	config.create(configMap(fields{"name": name}, fields{"a": "1"}))
	all := map[string]string{"kubeconfig": refusing(t)}
	for key, value := range variables {
		all[key] = value
	}
	copied := *config
	copied.server = configured(t, all)
	return &copied
}

func TestUnreachableAPIStillPreviews(t *testing.T) {
	config := lost(t, "previewed", nil)
	change := config.diff(configMap(fields{"name": "previewed"}, fields{"a": "2"}))
	require.Equal(t, []string{"data.a"}, change.GetReplaces())
	require.Equal(t, fields{"a": "2"}, config.previewCreate(configMap(fields{"name": "new"}, fields{"a": "2"}))["data"])
	role := resourceOf(t, config.server, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "role")
	require.NotContains(t, role.previewCreate(clusterRole("r", "get"))["metadata"], "namespace")
}

func TestUnreachableAPIFailsAllButPreviews(t *testing.T) {
	ctx := context.Background()
	config := lost(t, "stopped", nil)
	program := configMap(fields{"name": "stopped"}, fields{"a": "2"})
	require.ErrorContains(t, config.tryCreate(program), "configured Kubernetes cluster is unreachable: "+
		"unable to load schema information from the API server")
	_, err := config.tryUpdate(program, false)
	require.ErrorContains(t, err, "connection refused")
	err = config.delete()
	require.ErrorContains(t, err, "configured Kubernetes cluster is unreachable")
	require.ErrorContains(t, err, "deleteUnreachable")
	require.ErrorContains(t, err, "PULUMI_K8S_DELETE_UNREACHABLE")
	_, err = config.server.Read(ctx, &pulumirpc.ReadRequest{Id: config.id, Urn: config.urn, Properties: config.state})
	require.ErrorContains(t, err, "failed to read resource state due to unreachable cluster")
}

func TestDeleteUnreachable(t *testing.T) {
	config := lost(t, "forgotten", map[string]string{"deleteUnreachable": "true"})
	require.NoError(t, config.delete())
	config = lost(t, "gone", map[string]string{"deleteUnreachable": "true"})
	require.False(t, config.refresh())

	t.Setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
	require.NoError(t, lost(t, "by-environment", nil).delete())
	require.Error(t, lost(t, "not-by-setting", map[string]string{"deleteUnreachable": "false"}).delete())
}

func TestSkipUpdateUnreachable(t *testing.T) {
	config := lost(t, "skipped", map[string]string{"skipUpdateUnreachable": "true"})
	before := unpack(t, config.state)
	require.True(t, config.refresh())
	require.Equal(t, before, unpack(t, config.state))
	checked := config.check(configMap(fields{"name": "skipped"}, fields{"a": "2"}))
	require.Equal(t, unpack(t, config.inputs), unpack(t, checked), "the old inputs are kept, so that there is no change")
}

func TestUnusableKubeconfig(t *testing.T) {
	server := configured(t, map[string]string{"kubeconfig": "{apiVersion: 7"})
	config := resourceOf(t, server, "kubernetes:core/v1:ConfigMap", "unread")
	require.ErrorContains(t, config.tryCreate(configMap(fields{"name": "unread"}, fields{})),
		"failed to parse kubeconfig data in `kubernetes:config:kubeconfig`")

	other := configured(t, map[string]string{"context": "nowhere"})
	config = resourceOf(t, other, "kubernetes:core/v1:ConfigMap", "unread")
	require.ErrorContains(t, config.tryCreate(configMap(fields{"name": "unread"}, fields{})), `"nowhere" does not exist`)
}

func TestUserWithoutRights(t *testing.T) {
	config, err := clientcmd.Load([]byte(api.Kubeconfig))
	require.NoError(t, err)
	config.AuthInfos["admin"].Impersonate = "nobody-in-particular"
	config.AuthInfos["admin"].ImpersonateGroups = []string{"system:authenticated"}
	text, err := clientcmd.Write(*config)
	require.NoError(t, err)
	server := configured(t, map[string]string{"kubeconfig": string(text)})
	object := resourceOf(t, server, "kubernetes:core/v1:ConfigMap", "forbidden")
	program := configMap(fields{"name": "forbidden"}, fields{"a": "1"})
	require.Equal(t, fields{"a": "1"}, object.previewCreate(program)["data"], "a user who may only read gets a preview")
	require.ErrorContains(t, object.tryCreate(program), `User "nobody-in-particular" cannot create resource "configmaps"`)
}

func TestErrorsDoNotQuoteTheKubeconfig(t *testing.T) {
	broken := strings.Replace(api.Kubeconfig, "client-key-data: ", "client-key-data: @@", 1)
	server := configured(t, map[string]string{"kubeconfig": broken})
	object := resourceOf(t, server, "kubernetes:core/v1:ConfigMap", "leak")
	err := object.tryCreate(configMap(fields{"name": "leak"}, fields{}))
	require.Error(t, err)
	_, key, _ := strings.Cut(broken, "client-key-data: @@")
	require.NotContains(t, err.Error(), key[:40])
}
