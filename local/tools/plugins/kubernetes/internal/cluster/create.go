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

// Write says how an object is written.
type Write struct {
	FieldManager string
	// ServerSideApply has the server merge; otherwise this side makes the patches.
	ServerSideApply bool
	// Upsert lets a creation take over an object that exists.
	Upsert bool
	// Force takes fields from other managers: nil when neither the provider nor the environment says so.
	Force *bool
	// Preview asks the server for the result without keeping it.
	Preview bool
	// IgnoreChanges holds property paths that an update leaves as they are.
	IgnoreChanges []string
	// Status hears of every failed attempt that will be repeated.
	Status func(message string)
}

func (w Write) dryRun() []string {
	if w.Preview {
		return []string{metav1.DryRunAll}
	}
	return nil
}

// A namespace or a CustomResourceDefinition may be made at the same time, by this stack or another hand: about 30 s.
var creationRetries = wait.Backoff{Duration: 250 * time.Millisecond, Factor: 2, Steps: 8}

// Create makes the object and returns it as the server holds it. Errors are the server's own: already exists, invalid,
// not found for a missing namespace, no match for a missing kind.
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
		w.Status("creation failed, trying again: " + last.Error())
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
		// The object exists and this is the second half of a replacement: a dry run can only create under another name.
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
