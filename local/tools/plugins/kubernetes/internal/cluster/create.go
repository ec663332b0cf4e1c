package cluster

import (
	"context"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
)

// Write holds the options of a create or update.
type Write struct {
	FieldManager string
	// ServerSideApply makes the server merge changes. Otherwise the provider computes patches.
	ServerSideApply bool
	// Upsert lets a creation take over an existing object.
	Upsert bool
	// Force takes over fields of other managers. It is nil if neither the provider nor the environment sets it.
	Force *bool
	// Preview is a dry run: the server returns the result without storing it.
	Preview bool
	// IgnoreChanges has the property paths that an update does not change.
	IgnoreChanges []string
	// Status is called for every failed attempt that is retried.
	Status func(message string)
}

func (w Write) dryRun() []string {
	if w.Preview {
		return []string{metav1.DryRunAll}
	}
	return nil
}

// The namespace or the CustomResourceDefinition may still be in creation, by this stack or by someone else. The retries
// take about 30 s.
var creationRetries = wait.Backoff{Duration: 250 * time.Millisecond, Factor: 2, Steps: 8}

// Create creates the object and returns the live object. Errors are the server's own: already exists, invalid, not
// found (the namespace is missing), no match (the kind is missing).
func (c *Cluster) Create(ctx context.Context, inputs *unstructured.Unstructured, w Write) (*unstructured.Unstructured, error) {
	var live *unstructured.Unstructured
	var last error
	err := wait.ExponentialBackoffWithContext(ctx, creationRetries, func(ctx context.Context) (bool, error) {
		live, last = c.create(ctx, inputs, w)
		if last == nil {
			return true, nil
		}
		if w.Preview || !apierrors.IsNotFound(last) && !meta.IsNoMatchError(last) {
			return false, last
		}
		w.Status("creation failed, retrying: " + last.Error())
		return false, nil
	})
	if err != nil && last != nil {
		return nil, last
	}
	return live, err
}

func (c *Cluster) create(ctx context.Context, inputs *unstructured.Unstructured, w Write) (*unstructured.Unstructured, error) {
	client, err := c.For(inputs)
	if err != nil {
		return nil, err
	}
	if !w.ServerSideApply || !w.Upsert {
		options := metav1.CreateOptions{FieldManager: w.FieldManager, DryRun: w.dryRun()}
		return client.Create(ctx, inputs, options)
	}
	live, err := apply(ctx, client, inputs, w, w.force(inputs, nil))
	if w.Preview && apierrors.IsInvalid(err) && strings.Contains(err.Error(), validation.FieldImmutableErrorMsg) {
		// This previews a replacement whose old object still exists, so the dry run needs another name.
		other := inputs.DeepCopy()
		other.SetName(inputs.GetName() + "-preview")
		live, err = apply(ctx, client, other, w, true)
	}
	return live, err
}

func apply(
	ctx context.Context, client dynamic.ResourceInterface, inputs *unstructured.Unstructured, w Write, force bool,
) (*unstructured.Unstructured, error) {
	body, err := inputs.MarshalJSON()
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{FieldManager: w.FieldManager, Force: &force, DryRun: w.dryRun()}
	live, err := client.Patch(ctx, inputs.GetName(), types.ApplyPatchType, body, options)
	return live, explainConflict(err, w.FieldManager)
}
