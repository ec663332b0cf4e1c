package object

import (
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const managedByLabel = "app.kubernetes.io/managed-by"

func managedBy() string {
	if value, ok := os.LookupEnv("PULUMI_KUBERNETES_MANAGED_BY_LABEL"); ok {
		return value
	}
	return "pulumi"
}

// SetManagedByLabel sets the label for objects made with client-side apply. Labels that are not known yet stay unknown.
func SetManagedByLabel(obj *unstructured.Unstructured) {
	if obj.Object["metadata"] == nil {
		obj.Object["metadata"] = map[string]any{}
	}
	metadata, ok := obj.Object["metadata"].(map[string]any)
	if !ok {
		return
	}
	if metadata["labels"] == nil {
		metadata["labels"] = map[string]any{}
	}
	if labels, ok := metadata["labels"].(map[string]any); ok {
		labels[managedByLabel] = managedBy()
	}
}

// HasManagedByLabel reports whether the object has the label, or might have it once its labels are known.
func HasManagedByLabel(obj *unstructured.Unstructured) bool {
	value := obj.Object["metadata"]
	for _, key := range []string{"labels", managedByLabel} {
		fields, ok := value.(map[string]any)
		if !ok {
			break
		}
		value = fields[key]
	}
	if _, unknown := value.(resource.Computed); unknown {
		return true
	}
	return value == managedBy()
}
