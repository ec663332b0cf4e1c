package cluster

import (
	"context"
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Update changes the object to `inputs` and returns the live object. `last` is what this provider set before: a
// client-side patch needs it to find the removed fields.
func (c *Cluster) Update(
	ctx context.Context, last, inputs *unstructured.Unstructured, name string, w Write,
) (*unstructured.Unstructured, error) {
	client, err := c.For(inputs)
	if err != nil {
		return nil, err
	}
	live, err := client.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	inputs = inputs.DeepCopy()
	switch {
	case object.IsCRD(inputs):
		return replace(ctx, client, live, inputs, w)
	case w.ServerSideApply:
		return serverSideUpdate(ctx, client, live, inputs, w)
	default:
		return clientSideUpdate(ctx, client, live, last, inputs, w)
	}
}

// replace overwrites a CustomResourceDefinition as a whole, because an apply does not merge the maps in its schema as
// intended.
func replace(
	ctx context.Context, client dynamic.ResourceInterface, live, inputs *unstructured.Unstructured, w Write,
) (*unstructured.Unstructured, error) {
	inputs.SetResourceVersion(live.GetResourceVersion())
	return client.Update(ctx, inputs, metav1.UpdateOptions{FieldManager: w.FieldManager, DryRun: w.dryRun()})
}

func serverSideUpdate(
	ctx context.Context, client dynamic.ResourceInterface, live, inputs *unstructured.Unstructured, w Write,
) (*unstructured.Unstructured, error) {
	if !w.Preview {
		adopted, err := adoptFields(ctx, client, live, w.FieldManager)
		if err != nil {
			return nil, err
		}
		live = adopted
	}
	if err := keepIgnored(inputs, live, w.IgnoreChanges, w.FieldManager); err != nil {
		return nil, err
	}
	inputs.SetName(live.GetName())
	return apply(ctx, client, inputs, w, w.force(inputs, live))
}

func clientSideUpdate(
	ctx context.Context, client dynamic.ResourceInterface, live, last, inputs *unstructured.Unstructured, w Write,
) (*unstructured.Unstructured, error) {
	for _, path := range w.IgnoreChanges {
		if err := keepLive(inputs, live, path); err != nil {
			return nil, err
		}
	}
	patch, kind, err := threeWayPatch(last, inputs, live)
	if err != nil {
		return nil, err
	}
	return client.Patch(ctx, live.GetName(), kind, patch, metav1.PatchOptions{FieldManager: w.FieldManager, DryRun: w.dryRun()})
}

// threeWayPatch returns what kubectl apply would send: a strategic merge patch for built-in kinds, a JSON merge patch
// for others.
func threeWayPatch(last, inputs, live *unstructured.Unstructured) ([]byte, types.PatchType, error) {
	var documents [3][]byte
	for i, obj := range []*unstructured.Unstructured{last, inputs, live} {
		document, err := json.Marshal(obj.Object)
		if err != nil {
			return nil, "", err
		}
		documents[i] = document
	}
	if typed, err := scheme.Scheme.New(object.GVK(inputs)); err == nil {
		lookup, err := strategicpatch.NewPatchMetaFromStruct(typed)
		if err == nil {
			patch, err := strategicpatch.CreateThreeWayMergePatch(documents[0], documents[1], documents[2], lookup, true)
			if err == nil {
				return patch, types.StrategicMergePatchType, nil
			}
		}
	}
	patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(documents[0], documents[1], documents[2])
	return patch, types.MergePatchType, err
}
