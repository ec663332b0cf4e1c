package object

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/kubernetes/scheme"
)

// Life tells since which Kubernetes release an API version is deprecated and removed, and what follows it
// ("batch/v1/CronJob"). Removed is nil and Replacement "" where that is not decided.
type Life struct {
	Deprecated, Removed *version.Version
	Replacement         string
}

// Lifecycle gives the life of a built-in API version whose end Kubernetes' own types announce; the releases may lie in
// the future.
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

// FullKind writes a kind with its group and version: "batch/v1/CronJob", "v1/Pod".
func FullKind(gvk schema.GroupVersionKind) string {
	return gvk.GroupVersion().String() + "/" + gvk.Kind
}

// Warning says what the release has to say about the API version; "" when that is nothing.
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
