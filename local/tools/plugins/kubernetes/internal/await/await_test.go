package await

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

type fields = map[string]any

// world has the other objects, by name.
type world map[string]fields

func (w world) Get(_ context.Context, like *unstructured.Unstructured, name string) (*unstructured.Unstructured, error) {
	if found, ok := w[name]; ok {
		return &unstructured.Unstructured{Object: found}, nil
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{Resource: like.GetKind()}, name)
}

func (w world) List(_ context.Context, _ *unstructured.Unstructured, labels map[string]string) (found []unstructured.Unstructured, _ error) {
	if content, ok := w["slice of "+labels["kubernetes.io/service-name"]]; ok {
		found = append(found, unstructured.Unstructured{Object: content})
	}
	return found, nil
}

func obj(apiVersion, kind string, content fields) *unstructured.Unstructured {
	all := fields{"apiVersion": apiVersion, "kind": kind, "metadata": fields{"name": "x", "generation": int64(1)}}
	for key, value := range content {
		all[key] = value
	}
	return &unstructured.Unstructured{Object: all}
}

func condition(kind, value string) fields {
	return fields{"conditions": []any{fields{"type": kind, "status": value}}, "startTime": "2026-01-01T00:00:00Z"}
}

func endpoints(conditions fields) fields {
	return fields{"endpoints": []any{fields{"addresses": []any{"10.0.0.1"}, "conditions": conditions}}}
}

func TestOf(t *testing.T) {
	selecting := fields{"selector": fields{"app": "a"}, "ports": []any{fields{"port": int64(80)}}}
	claimOf := func(class string) fields {
		return fields{"spec": fields{"storageClassName": class}, "status": fields{"phase": "Pending"}}
	}
	balanced := fields{"type": "LoadBalancer", "clusterIP": "10.0.0.9"}
	for name, test := range map[string]struct {
		obj           *unstructured.Unstructured
		world         world
		ready, failed bool
	}{
		"kind without a rule":    {obj("v1", "ConfigMap", nil), nil, true, false},
		"job running":            {obj("batch/v1", "Job", fields{"status": fields{"startTime": "2026-01-01T00:00:00Z"}}), nil, false, false},
		"job done":               {obj("batch/v1", "Job", fields{"status": condition("Complete", "True")}), nil, true, false},
		"job failed":             {obj("batch/v1", "Job", fields{"status": condition("Failed", "True")}), nil, false, true},
		"job suspended":          {obj("batch/v1", "Job", fields{"status": condition("Suspended", "True")}), nil, true, false},
		"pod failed":             {obj("v1", "Pod", fields{"status": fields{"phase": "Failed"}}), nil, false, true},
		"pod done":               {obj("v1", "Pod", fields{"status": fields{"phase": "Succeeded"}}), nil, true, false},
		"claim bound":            {obj("v1", "PersistentVolumeClaim", fields{"status": fields{"phase": "Bound"}}), nil, true, false},
		"claim pending":          {obj("v1", "PersistentVolumeClaim", claimOf("fast")), world{"fast": {"volumeBindingMode": "Immediate"}}, false, false},
		"claim, first consumer":  {obj("v1", "PersistentVolumeClaim", claimOf("lazy")), world{"lazy": {"volumeBindingMode": "WaitForFirstConsumer"}}, true, false},
		"claim, unknown class":   {obj("v1", "PersistentVolumeClaim", claimOf("missing")), nil, false, false},
		"service, no selector":   {obj("v1", "Service", fields{"spec": fields{}}), nil, true, false},
		"service, external":      {obj("v1", "Service", fields{"spec": fields{"type": "ExternalName", "selector": fields{"a": "b"}, "ports": []any{}}}), nil, true, false},
		"service, no pods":       {obj("v1", "Service", fields{"spec": selecting}), nil, false, false},
		"service, unready pods":  {obj("v1", "Service", fields{"spec": selecting}), world{"slice of x": endpoints(fields{"ready": false})}, false, false},
		"service, ready pods":    {obj("v1", "Service", fields{"spec": selecting}), world{"slice of x": endpoints(fields{"ready": true})}, true, false},
		"load balancer, none":    {obj("v1", "Service", fields{"spec": balanced}), nil, false, false},
		"load balancer, address": {obj("v1", "Service", fields{"spec": balanced, "status": fields{"loadBalancer": fields{"ingress": []any{fields{"ip": "1.2.3.4"}}}}}), nil, true, false},
		"quota not in force":     {obj("v1", "ResourceQuota", fields{"spec": fields{"hard": fields{"pods": "1"}}}), nil, false, false},
		"quota outdated":         {obj("v1", "ResourceQuota", fields{"spec": fields{"hard": fields{"pods": "1"}}, "status": fields{"hard": fields{"pods": "2"}}}), nil, false, false},
		"quota in force":         {obj("v1", "ResourceQuota", fields{"spec": fields{"hard": fields{"pods": "1"}}, "status": fields{"hard": fields{"pods": "1"}}}), nil, true, false},
		"token missing":          {obj("v1", "Secret", fields{"type": "kubernetes.io/service-account-token"}), nil, false, false},
		"deployment not seen":    {obj("apps/v1", "Deployment", fields{"status": fields{"observedGeneration": int64(0)}}), nil, false, false},
		"deployment of 0":        {obj("apps/v1", "Deployment", fields{"spec": fields{"replicas": int64(0)}, "status": fields{"observedGeneration": int64(1), "conditions": []any{fields{"type": "Available", "status": "True"}, fields{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}}}}), nil, true, false},
		"definition not in use":  {obj("apiextensions.k8s.io/v1", "CustomResourceDefinition", fields{"status": fields{}}), nil, false, false},
		"definition established": {obj("apiextensions.k8s.io/v1", "CustomResourceDefinition", fields{"status": condition("Established", "True")}), nil, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			verdict, err := Of(context.Background(), test.world, test.obj, false)
			require.NoError(t, err)
			require.Equal(t, test.ready, verdict.Ready, verdict.Message)
			require.Equal(t, test.failed, verdict.Failed)
			require.Equal(t, test.ready, verdict.Message == "" || verdict.Ready)
		})
	}
}

func TestWaitFor(t *testing.T) {
	rule := func(wanted string) *unstructured.Unstructured {
		return obj("example.com/v1", "Rule", fields{
			"metadata": fields{"name": "x", "annotations": fields{"pulumi.com/waitFor": wanted}},
			"status":   fields{"phase": "Running", "conditions": []any{fields{"type": "Synced", "status": "False"}}},
		})
	}
	for wanted, met := range map[string]bool{
		"condition=Synced": false, "condition=Synced=False": true, "condition=Other": false,
		"jsonpath={.status.phase}": true, "jsonpath={.status.phase}=Running": true, "jsonpath={.status.phase}=Done": false,
		"jsonpath={.status.none}": false, `["jsonpath={.status.phase}=Running","condition=Synced"]`: false,
		`["jsonpath={.status.phase}","condition=Synced=False"]`: true,
	} {
		verdict, err := Of(context.Background(), nil, rule(wanted), false)
		require.NoError(t, err)
		require.Equal(t, met, verdict.Ready, wanted)
	}
	for _, wanted := range []string{"soon", "jsonpath=.status", "jsonpath={.status"} {
		_, err := Of(context.Background(), nil, rule(wanted), false)
		require.ErrorContains(t, err, "pulumi.com/waitFor", wanted)
	}
	verdict, err := Of(context.Background(), nil, rule("condition=Synced"), true)
	require.NoError(t, err)
	require.True(t, verdict.Ready, "a refresh ignores waitFor")
}
