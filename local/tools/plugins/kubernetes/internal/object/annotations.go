package object

import (
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Annotations with which a program controls this provider. The provider itself sets AnnotationAutonamed.
const (
	AnnotationAutonamed           = "pulumi.com/autonamed"
	AnnotationSkipAwait           = "pulumi.com/skipAwait"
	AnnotationTimeoutSeconds      = "pulumi.com/timeoutSeconds"
	AnnotationWaitFor             = "pulumi.com/waitFor"
	AnnotationReplaceUnready      = "pulumi.com/replaceUnready"
	AnnotationPatchForce          = "pulumi.com/patchForce"
	AnnotationPatchFieldManager   = "pulumi.com/patchFieldManager"
	AnnotationDeletionPropagation = "pulumi.com/deletionPropagationPolicy"
)

// Annotation returns the value of an annotation, or "" if it is not set or not known yet. Other annotations may be
// unknown.
func Annotation(obj *unstructured.Unstructured, key string) string {
	metadata, _ := obj.Object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	value, _ := annotations[key].(string)
	return value
}

// AnnotationIsTrue reports whether the annotation is exactly "true".
func AnnotationIsTrue(obj *unstructured.Unstructured, key string) bool {
	return Annotation(obj, key) == "true"
}

// setAnnotation does nothing when the metadata or the annotations are not known yet, because nothing can be added to
// them.
func setAnnotation(obj *unstructured.Unstructured, key, value string) {
	metadata, ok := obj.Object["metadata"].(map[string]any)
	if !ok {
		return
	}
	if metadata["annotations"] == nil {
		metadata["annotations"] = map[string]any{}
	}
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		annotations[key] = value
	}
}

// Timeout returns how long an operation may take: the resource's customTimeouts (in seconds, 0 if unset), else the
// annotation, else `otherwise`.
func Timeout(customSeconds float64, inputs *unstructured.Unstructured, otherwise time.Duration) time.Duration {
	if customSeconds > 0 {
		return time.Duration(customSeconds * float64(time.Second))
	}
	if seconds, err := strconv.Atoi(Annotation(inputs, AnnotationTimeoutSeconds)); err == nil {
		return time.Duration(seconds) * time.Second
	}
	return otherwise
}

// DeletionPropagation returns foreground unless the annotation is orphan or background.
func DeletionPropagation(inputs *unstructured.Unstructured) metav1.DeletionPropagation {
	switch strings.ToLower(Annotation(inputs, AnnotationDeletionPropagation)) {
	case "orphan":
		return metav1.DeletePropagationOrphan
	case "background":
		return metav1.DeletePropagationBackground
	default:
		return metav1.DeletePropagationForeground
	}
}

// SkipsAwaitOfDeletion reports whether skipAwait applies to deletions of the kind too. As upstream, this is so only for
// the kinds that supported it first.
func SkipsAwaitOfDeletion(inputs *unstructured.Unstructured) bool {
	switch gvk := GVK(inputs); gvk.Group {
	case "":
		return gvk.Kind == "Namespace" || gvk.Kind == "Pod" || gvk.Kind == "ReplicationController"
	case "apps":
		return gvk.Kind == "DaemonSet" || gvk.Kind == "Deployment" || gvk.Kind == "StatefulSet"
	case "batch":
		return gvk.Kind == "Job"
	}
	return false
}
