package object

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/kubernetes/scheme"
)

// Life is the lifecycle of an API version: the Kubernetes releases that deprecate and remove it, and its replacement,
// such as "batch/v1/CronJob". Removed is nil and Replacement is "" if not decided yet.
type Life struct {
	Deprecated, Removed *version.Version
	Replacement         string
}

// Lifecycle returns the lifecycle of a built-in API version that Kubernetes' own types mark as deprecated. The releases
// may lie in the future.
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
		life.Replacement = FullKind(next.APILifecycleReplacement())
	}
	return life, true
}

// FullKind formats a kind with its group and version: "batch/v1/CronJob", "v1/Pod".
func FullKind(gvk schema.GroupVersionKind) string {
	return gvk.GroupVersion().String() + "/" + gvk.Kind
}

// Warning returns the warning to give for the API version on a cluster of the release `current`, or "".
func (l Life) Warning(gvk schema.GroupVersionKind, current *version.Version) string {
	switch {
	case l.Removed != nil && current.AtLeast(l.Removed):
		text := fmt.Sprintf("apiVersion %q was removed in Kubernetes %s.", FullKind(gvk), l.Removed)
		if l.Replacement != "" {
			text += fmt.Sprintf(" Use %q instead.", l.Replacement)
		}
		return text
	case !current.AtLeast(l.Deprecated):
		return ""
	}
	text := FullKind(gvk) + " is deprecated"
	if l.Replacement != "" {
		text += " by " + l.Replacement
	}
	if l.Removed != nil {
		text += fmt.Sprintf(" and not supported by Kubernetes v%s+ clusters", l.Removed)
	}
	return text + "."
}

func release(major, minor int) *version.Version {
	return version.MajorMinor(uint(major), uint(minor)) //nolint:gosec // Both are small and positive.
}
