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

// Stuck is the error of a deletion that was accepted and did not end; the object is still there.
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

// Delete deletes the object named `name` of the kind and namespace of `obj` and, if `await` is set, returns when it is
// gone. An object that is gone already is no error. A *Stuck says that ctx ended first.
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

// Polling needs no right but get, and an object without dependents goes within milliseconds.
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
		return false, nil // Whatever else went wrong may pass; ctx bounds the wait.
	})
	if err != nil && live != nil {
		return &Stuck{Live: live, cause: err}
	}
	return err
}
