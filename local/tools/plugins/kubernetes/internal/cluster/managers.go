package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

const conflictHelp = "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/" +
	"managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources"

// explainConflict adds upstream's explanation to a conflict of server-side apply. The server's message names the other
// manager and the fields.
func explainConflict(err error, manager string) error {
	if !apierrors.IsConflict(err) {
		return err
	}
	return errors.Join(
		fmt.Errorf("Server-Side Apply field conflict detected. See %s for troubleshooting help.", conflictHelp), //nolint:staticcheck
		fmt.Errorf("The resource managed by field manager %q had an apply conflict: %w", manager, err),          //nolint:staticcheck
	)
}

// force reports whether an apply takes fields from other managers: the annotation first, then the provider's setting.
func (w Write) force(inputs, live *unstructured.Unstructured) bool {
	if object.AnnotationIsTrue(inputs, object.AnnotationPatchForce) {
		return true
	}
	if w.Force != nil {
		return *w.Force
	}
	if live != nil && len(live.GetManagedFields()) == 0 {
		return true // Without managed fields, the server assigns every field to a manager that does not exist.
	}
	if !w.Preview {
		return false
	}
	if live == nil {
		return true
	}
	// A real update adopts these fields first. A dry run cannot.
	for _, entry := range live.GetManagedFields() {
		if adoptable(entry) && entry.Operation == metav1.ManagedFieldsOperationUpdate {
			return true
		}
	}
	return false
}

// adoptable reports whether this provider may take the fields over: they were written by its own creations and
// client-side updates, by kubectl, or before the first apply. For the server, an apply and an update with the same
// manager name are two managers.
func adoptable(entry metav1.ManagedFieldsEntry) bool {
	if entry.Subresource != "" {
		return false
	}
	if entry.Operation == metav1.ManagedFieldsOperationApply {
		return strings.HasPrefix(entry.Manager, "kubectl")
	}
	for _, prefix := range []string{"kubectl", "before-first-apply", "pulumi-kubernetes", "pulumi-resource-kubernetes"} {
		if strings.HasPrefix(entry.Manager, prefix) {
			return true
		}
	}
	return false
}

// adoptFields transfers the fields of adoptable managers to `manager`, so that they do not conflict with the next
// apply.
func adoptFields(
	ctx context.Context, client dynamic.ResourceInterface, live *unstructured.Unstructured, manager string,
) (*unstructured.Unstructured, error) {
	entries, changed, err := adopt(live.GetManagedFields(), manager)
	if err != nil || !changed {
		return live, err
	}
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/managedFields", "value": entries},
		{"op": "replace", "path": "/metadata/resourceVersion", "value": live.GetResourceVersion()},
	})
	if err != nil {
		return nil, err
	}
	return client.Patch(ctx, live.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{})
}

func adopt(entries []metav1.ManagedFieldsEntry, manager string) (result []metav1.ManagedFieldsEntry, changed bool, err error) {
	owned := &fieldpath.Set{}
	var own *metav1.ManagedFieldsEntry
	for i, entry := range entries {
		mine := entry.Manager == manager && entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == ""
		if !mine && !adoptable(entry) {
			result = append(result, entry)
			continue
		}
		changed = changed || !mine
		if mine || own == nil {
			own = entries[i].DeepCopy()
		}
		fields, err := fieldSet(entry)
		if err != nil {
			return nil, false, err
		}
		owned = owned.Union(fields)
	}
	if !changed {
		return entries, false, nil
	}
	raw, err := owned.ToJSON()
	if err != nil {
		return nil, false, err
	}
	own.Manager, own.Operation = manager, metav1.ManagedFieldsOperationApply
	own.FieldsV1 = &metav1.FieldsV1{Raw: raw}
	return append(result, *own), true, nil
}

func fieldSet(entry metav1.ManagedFieldsEntry) (*fieldpath.Set, error) {
	set := &fieldpath.Set{}
	if entry.FieldsV1 == nil {
		return set, nil
	}
	if err := set.FromJSON(bytes.NewReader(entry.FieldsV1.Raw)); err != nil {
		return nil, fmt.Errorf("cannot parse the fields managed by %q: %w", entry.Manager, err)
	}
	return set, nil
}

// Relinquish releases every field that `manager` owns. Fields without another owner are removed or get their defaults.
func (c *Cluster) Relinquish(ctx context.Context, obj *unstructured.Unstructured, manager string) error {
	client, err := c.For(obj)
	if err != nil {
		return err
	}
	identity := &unstructured.Unstructured{}
	identity.SetGroupVersionKind(object.GVK(obj))
	identity.SetNamespace(obj.GetNamespace())
	identity.SetName(obj.GetName())
	_, err = apply(ctx, client, identity, Write{FieldManager: manager}, false)
	return err
}
