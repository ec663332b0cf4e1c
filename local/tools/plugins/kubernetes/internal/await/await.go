// Package await decides when an object is ready, so that dependent resources can use it.
package await

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Verdict is the readiness of an object at one moment.
type Verdict struct {
	Ready bool
	// Failed means that the object will not become ready.
	Failed bool
	// Message says what is missing, or what went wrong.
	Message string
}

var ready = Verdict{Ready: true}

func pending(format string, args ...any) Verdict {
	return Verdict{Message: fmt.Sprintf(format, args...)}
}

// Reader reads the other objects that the readiness of an object depends on.
type Reader interface {
	Get(ctx context.Context, like *unstructured.Unstructured, name string) (*unstructured.Unstructured, error)
	// List returns the objects with the labels, of the kind and namespace of `like`.
	List(ctx context.Context, like *unstructured.Unstructured, labels map[string]string) ([]unstructured.Unstructured, error)
}

type check func(ctx context.Context, reader Reader, obj *unstructured.Unstructured) (Verdict, error)

// rule says how to judge a kind, and whether a refresh reports objects that are not ready.
type rule struct {
	check     check
	onRefresh bool
}

var rules = map[string]rule{
	"apps/v1/DaemonSet":        {general, true},
	"apps/v1/Deployment":       {general, true},
	"apps/v1/StatefulSet":      {general, true},
	"batch/v1/Job":             {job, true},
	"v1/PersistentVolumeClaim": {claim, false},
	"v1/Pod":                   {pod, true},
	"v1/ResourceQuota":         {quota, false},
	"v1/Secret":                {tokenSecret, false},
	"v1/Service":               {service, true},
	"apiextensions.k8s.io/v1/CustomResourceDefinition": {general, false},
}

// Of judges the object. The annotation pulumi.com/waitFor replaces the kind's own rule. A kind without a rule is ready
// as soon as it exists. `refresh` limits the judgement to kinds that are expected to stay ready.
func Of(ctx context.Context, reader Reader, obj *unstructured.Unstructured, refresh bool) (Verdict, error) {
	if object.AnnotationIsTrue(obj, object.AnnotationSkipAwait) {
		return ready, nil
	}
	if wanted := object.Annotation(obj, object.AnnotationWaitFor); wanted != "" {
		if refresh {
			return ready, nil
		}
		return conditions(obj, wanted)
	}
	rule, ok := rules[obj.GetAPIVersion()+"/"+obj.GetKind()]
	if !ok || refresh && !rule.onRefresh {
		return ready, nil
	}
	return rule.check(ctx, reader, obj)
}

func general(_ context.Context, _ Reader, obj *unstructured.Unstructured) (Verdict, error) {
	result, err := status.Compute(obj)
	if err != nil {
		return Verdict{}, fmt.Errorf("cannot compute the status of %s %q: %w", obj.GetKind(), object.ID(obj), err)
	}
	return Verdict{
		Ready:   result.Status == status.CurrentStatus,
		Failed:  result.Status == status.FailedStatus,
		Message: result.Message,
	}, nil
}
