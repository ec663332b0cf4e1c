package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Stuck is the error of a deletion that the server accepted but did not finish. The object still exists.
type Stuck struct {
	Live  *unstructured.Unstructured
	cause error
}

func (s *Stuck) Error() string {
	verb := "timed out waiting"
	if errors.Is(s.cause, context.Canceled) {
		verb = "was cancelled while waiting"
	}
	message := fmt.Sprintf("%s for the deletion of %s %q", verb, s.Live.GetKind(), object.ID(s.Live))
	if finalizers := s.Live.GetFinalizers(); len(finalizers) > 0 {
		message += fmt.Sprintf(": finalizers might be preventing deletion (%s)", strings.Join(finalizers, ", "))
	}
	return message
}

func (s *Stuck) Unwrap() error { return s.cause }

// Delete deletes the object named `name`, of the kind and namespace of `obj`. If `await` is set, it waits until the
// object no longer exists; the error is a *Stuck if ctx ends first. Deleting an object that does not exist succeeds.
func (c *Cluster) Delete(
	ctx context.Context, obj *unstructured.Unstructured, name string, policy metav1.DeletionPropagation, await bool,
) error {
	client, err := c.For(obj)
	if err != nil {
		return err
	}
	err = client.Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &policy})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil || !await {
		return err
	}
	return untilGone(ctx, client, name)
}

// untilGone polls, because that needs only the permission to get, and objects without dependents disappear in
// milliseconds.
func untilGone(ctx context.Context, client dynamic.ResourceInterface, name string) error {
	var live *unstructured.Unstructured
	backoff := wait.Backoff{Duration: 20 * time.Millisecond, Factor: 1.5, Steps: 10, Cap: time.Second}
	err := backoff.DelayFunc().Until(ctx, true, false, func(ctx context.Context) (bool, error) {
		found, err := client.Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		if err == nil {
			live = found
		}
		return false, nil // Other errors may be temporary; ctx limits the wait.
	})
	if err != nil && live != nil {
		return &Stuck{Live: live, cause: err}
	}
	return err
}
