//go:build integration

package provider

import (
	"context"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/emptypb"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

const podToken = "kubernetes:core/v1:Pod"

func podProgram(name string, annotations fields) fields {
	annotations["pulumi.com/deletionPropagationPolicy"] = "background"
	return fields{
		"apiVersion": "v1", "kind": "Pod", "metadata": fields{"name": name, "annotations": annotations},
		"spec": fields{"containers": []any{fields{"name": "main", "image": "example.invalid/none"}}},
	}
}

func TestUnscheduledPodStaysInTheStateWithTheReason(t *testing.T) {
	ctx := context.Background()
	pod := resourceOf(t, configured(t, nil), podToken, "waiting")
	pod.timeout = 1
	program := podProgram("waiting", fields{})
	err := pod.tryCreate(program)
	require.ErrorContains(t, err, "was successfully created, but the Kubernetes API server reported that it failed to fully "+
		"initialize or become live: 'waiting' timed out waiting to be Ready")
	require.Contains(t, pod.adopt(err).GetReasons(), "Pod is in the Pending phase")
	require.Equal(t, "default/waiting", pod.id)

	_, err = pod.server.Read(ctx, &pulumirpc.ReadRequest{Id: pod.id, Urn: pod.urn, Properties: pod.state, Inputs: pod.check(program)})
	require.ErrorContains(t, err, "Resource 'waiting' was created but failed to initialize")

	_, err = api.Client.CoreV1().Pods("default").Patch(ctx, "waiting", types.MergePatchType,
		[]byte(`{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}`), metav1.PatchOptions{}, "status")
	require.NoError(t, err)
	pod.inputs = pod.check(program)
	require.True(t, pod.refresh())
	require.NoError(t, pod.delete())
}

func TestFailedPodEndsTheWait(t *testing.T) {
	ctx := context.Background()
	pod := resourceOf(t, configured(t, nil), podToken, "failing")
	failed := make(chan error, 1)
	go func() {
		watch, err := api.Client.CoreV1().Pods("default").Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=failing"})
		if err == nil {
			defer watch.Stop()
			created := (<-watch.ResultChan()).Object.(*corev1.Pod)
			created.Status.Phase = corev1.PodFailed
			_, err = api.Client.CoreV1().Pods("default").UpdateStatus(ctx, created, metav1.UpdateOptions{})
		}
		failed <- err
	}()
	err := pod.tryCreate(podProgram("failing", fields{}))
	require.NoError(t, <-failed)
	require.ErrorContains(t, err, "Resource 'failing' was created but failed to initialize")
	require.Contains(t, pod.adopt(err).GetReasons(), "Pod has completed, but not successfully")
	require.NoError(t, pod.delete())
}

func TestSkipAwait(t *testing.T) {
	pod := resourceOf(t, configured(t, nil), podToken, "unwatched")
	pod.create(podProgram("unwatched", fields{"pulumi.com/skipAwait": "true"}))
	require.True(t, pod.refresh())
}

func TestCancelEndsTheWait(t *testing.T) {
	ctx := context.Background()
	server := configured(t, nil)
	pod := resourceOf(t, server, podToken, "cancelled")
	result := make(chan error, 1)
	go func() { result <- pod.tryCreate(podProgram("cancelled", fields{})) }()
	require.Eventually(t, func() bool {
		_, err := api.Client.CoreV1().Pods("default").Get(ctx, "cancelled", metav1.GetOptions{})
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	_, err := server.Cancel(ctx, &emptypb.Empty{})
	require.NoError(t, err)
	err = <-result
	require.ErrorContains(t, err, `Resource operation was cancelled for "cancelled"`)
	pod.adopt(err)
	pod.server = configured(t, nil)
	require.NoError(t, pod.delete())
}

func TestCancelEndsTheWaitForDeletion(t *testing.T) {
	ctx := context.Background()
	server := configured(t, nil)
	config := resourceOf(t, server, "kubernetes:core/v1:ConfigMap", "kept")
	require.NoError(t, config.tryCreate(configMap(fields{"name": "kept", "finalizers": []any{"test.hardway/hold"}}, fields{})))
	result := make(chan error, 1)
	go func() { result <- config.delete() }()
	require.Eventually(t, func() bool { return liveConfigMap(t, "kept").DeletionTimestamp != nil }, 10*time.Second, 10*time.Millisecond)
	_, err := server.Cancel(ctx, &emptypb.Empty{})
	require.NoError(t, err)
	err = <-result
	require.ErrorContains(t, err, `was cancelled while waiting for the deletion of ConfigMap "default/kept"`)
	config.adopt(err)

	_, err = api.Client.CoreV1().ConfigMaps("default").Patch(ctx, "kept", types.MergePatchType,
		[]byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	config.server = configured(t, nil)
	require.NoError(t, config.delete(), "a second run continues where the first one stopped")
}

func TestDeletionBlockedByAFinalizer(t *testing.T) {
	config := resourceOf(t, configured(t, nil), "kubernetes:core/v1:ConfigMap", "held")
	config.create(configMap(fields{"name": "held", "finalizers": []any{"test.hardway/hold"}}, fields{}))
	config.timeout = 1
	err := config.delete()
	require.ErrorContains(t, err, `timed out waiting for the deletion of ConfigMap "default/held"`)
	require.ErrorContains(t, err, "finalizers might be preventing deletion (")
	require.ErrorContains(t, err, "test.hardway/hold")
	config.adopt(err)
	require.Equal(t, "default/held", config.id, "the object stays in the state")

	_, err = api.Client.CoreV1().ConfigMaps("default").Patch(context.Background(), "held", types.MergePatchType,
		[]byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	config.timeout = 0
	require.NoError(t, config.delete())
}

func TestReplaceUnreadyJob(t *testing.T) {
	job := resourceOf(t, configured(t, nil), "kubernetes:batch/v1:Job", "work")
	program := fields{
		"apiVersion": "batch/v1", "kind": "Job",
		"metadata": fields{"name": "work", "annotations": fields{
			"pulumi.com/replaceUnready": "true", "pulumi.com/deletionPropagationPolicy": "background",
		}},
		"spec": fields{"template": fields{"spec": fields{
			"restartPolicy": "Never", "containers": []any{fields{"name": "main", "image": "example.invalid/none"}},
		}}},
	}
	job.timeout = 1
	job.adopt(job.tryCreate(program))
	change := job.diff(program)
	require.Equal(t, []string{`.metadata.annotations["pulumi.com/replaceUnready"]`}, change.GetReplaces())
	require.Equal(t, pulumirpc.DiffResponse_DIFF_SOME, change.GetChanges())
	job.timeout = 0
	require.NoError(t, job.delete())
}

// Previews rely on the list of cluster-scoped kinds when there is no API server.
func TestScopeOfEveryBuiltInKind(t *testing.T) {
	server := configured(t, nil)
	_, lists, err := api.Client.Discovery().ServerGroupsAndResources()
	require.NoError(t, err)
	seen := 0
	for _, list := range lists {
		for _, entry := range list.APIResources {
			if strings.Contains(entry.Name, "/") {
				continue // A subresource, which programs cannot declare.
			}
			gvk := schemaOf(list.GroupVersion, entry)
			if known, namespaced := object.Scope(gvk); known {
				require.Equal(t, entry.Namespaced, namespaced, gvk.String())
				require.Equal(t, entry.Namespaced, server.cluster.Namespaced(gvk), gvk.String())
				seen++
			}
		}
	}
	require.Greater(t, seen, 50)
}
