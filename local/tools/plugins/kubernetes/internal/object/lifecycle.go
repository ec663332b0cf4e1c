package object

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// Life tells since which Kubernetes version an API version is deprecated and removed ("1.25"), and what follows it
// ("batch/v1 CronJob", "" when nothing does).
type Life struct {
	Deprecated, Removed, Replacement string
}

// Lifecycle gives the life of a built-in API version that Kubernetes' types mark as deprecated.
func Lifecycle(gvk schema.GroupVersionKind) (Life, bool) {
	typed, err := scheme.Scheme.New(gvk)
	if err != nil {
		return Life{}, false
	}
	deprecated, ok := typed.(interface{ APILifecycleDeprecated() (major, minor int) })
	if !ok {
		return Life{}, false
	}
	life := Life{Deprecated: release(deprecated.APILifecycleDeprecated())}
	if removed, ok := typed.(interface{ APILifecycleRemoved() (major, minor int) }); ok {
		life.Removed = release(removed.APILifecycleRemoved())
	}
	if next, ok := typed.(interface {
		APILifecycleReplacement() schema.GroupVersionKind
	}); ok {
		replacement := next.APILifecycleReplacement()
		life.Replacement = replacement.GroupVersion().String() + " " + replacement.Kind
	}
	return life, true
}

func release(major, minor int) string {
	return fmt.Sprintf("%d.%d", major, minor)
}
