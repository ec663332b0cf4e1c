package await

import (
	"context"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// A Job is ready when it is complete.
func job(ctx context.Context, reader Reader, obj *unstructured.Unstructured) (Verdict, error) {
	verdict, err := general(ctx, reader, obj)
	if err == nil && verdict.Ready && !hasCondition(obj, "Complete", "True") && !hasCondition(obj, "Suspended", "True") {
		verdict.Ready = false
	}
	return verdict, err
}

// A failed Pod does not become ready any more.
func pod(ctx context.Context, reader Reader, obj *unstructured.Unstructured) (Verdict, error) {
	verdict, err := general(ctx, reader, obj)
	if phase, _, _ := unstructured.NestedString(obj.Object, "status", "phase"); err == nil && phase == "Failed" {
		return Verdict{Failed: true, Message: verdict.Message}, nil
	}
	return verdict, err
}

// If its class binds to the first consumer, a claim stays pending until a Pod uses it. The program may create that Pod
// later, so the claim counts as ready.
func claim(ctx context.Context, reader Reader, obj *unstructured.Unstructured) (Verdict, error) {
	verdict, err := general(ctx, reader, obj)
	if err != nil || verdict.Ready {
		return verdict, err
	}
	name, _, _ := unstructured.NestedString(obj.Object, "spec", "storageClassName")
	if name == "" {
		return verdict, nil
	}
	class, err := reader.Get(ctx, like("storage.k8s.io", "StorageClass", ""), name)
	if apierrors.IsNotFound(err) {
		return verdict, nil
	}
	if err != nil {
		return Verdict{}, err
	}
	if class.Object["volumeBindingMode"] == "WaitForFirstConsumer" {
		return ready, nil
	}
	return verdict, nil
}

// A controller adds the token of a service account.
func tokenSecret(_ context.Context, _ Reader, obj *unstructured.Unstructured) (Verdict, error) {
	data, _ := obj.Object["data"].(map[string]any)
	if obj.Object["type"] != "kubernetes.io/service-account-token" || data["token"] != nil {
		return ready, nil
	}
	return pending("the Secret has no token yet"), nil
}

// A quota is not enforced until a controller has processed it. Objects created before that would not be limited.
func quota(_ context.Context, _ Reader, obj *unstructured.Unstructured) (Verdict, error) {
	wanted, _, _ := unstructured.NestedMap(obj.Object, "spec", "hard")
	inForce, _, _ := unstructured.NestedMap(obj.Object, "status", "hard")
	if maps.Equal(wanted, inForce) {
		return ready, nil
	}
	return pending("the limits of the ResourceQuota are not in force yet; check that kube-controller-manager is running"), nil
}

// A Service is ready when its selector matches a ready Pod and its load balancer, if any, has an address.
func service(ctx context.Context, reader Reader, obj *unstructured.Unstructured) (Verdict, error) {
	spec, _ := obj.Object["spec"].(map[string]any)
	if spec["type"] == "ExternalName" {
		return ready, nil
	}
	if selector, _ := spec["selector"].(map[string]any); len(selector) > 0 && spec["ports"] != nil {
		slices, err := reader.List(ctx, like("discovery.k8s.io", "EndpointSlice", obj.GetNamespace()),
			map[string]string{"kubernetes.io/service-name": obj.GetName()})
		if err != nil {
			return Verdict{}, err
		}
		if !anyReady(slices) {
			return pending("Service does not target any Pods. Selected Pods may not be ready, or " +
				"field '.spec.selector' may not match labels on any Pods"), nil
		}
	}
	if addresses, _, _ := unstructured.NestedSlice(obj.Object, "status", "loadBalancer", "ingress"); spec["type"] ==
		"LoadBalancer" && len(addresses) == 0 {
		return pending("Service was not allocated an IP address; does your cloud provider support this?"), nil
	}
	return ready, nil
}

func anyReady(slices []unstructured.Unstructured) bool {
	for _, slice := range slices {
		endpoints, _ := slice.Object["endpoints"].([]any)
		for _, entry := range endpoints {
			endpoint, _ := entry.(map[string]any)
			conditions, _ := endpoint["conditions"].(map[string]any)
			if conditions["ready"] != false { // Unset counts as ready.
				return true
			}
		}
	}
	return false
}

func like(group, kind, namespace string) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{}
	obj.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Version: "v1", Kind: kind})
	obj.SetNamespace(namespace)
	return obj
}

func hasCondition(obj *unstructured.Unstructured, kind, value string) bool {
	found, err := status.GetObjectWithConditions(obj.Object)
	if err != nil {
		return false
	}
	for _, condition := range found.Status.Conditions {
		if condition.Type == kind && string(condition.Status) == value {
			return true
		}
	}
	return false
}
