package object

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// AssignName names an object that has no name, and annotates it as autonamed. The name is the one that the engine's
// autonaming settings propose; without settings, the resource's name plus eight random hexadecimal digits. An object
// with a name or generateName, known or not, stays as it is.
func AssignName(
	obj *unstructured.Unstructured, urn resource.URN, seed []byte, settings *pulumirpc.CheckRequest_AutonamingOptions,
) error {
	if metadataField(obj, "name") != nil || metadataField(obj, "generateName") != nil || unknownMetadata(obj) {
		return nil
	}
	name, err := autoname(urn, seed, settings)
	if err != nil {
		return err
	}
	setName(obj, name)
	return nil
}

func autoname(urn resource.URN, seed []byte, settings *pulumirpc.CheckRequest_AutonamingOptions) (string, error) {
	if settings == nil {
		return resource.NewUniqueName(seed, urn.Name()+"-", 0, 0, nil)
	}
	if settings.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE {
		return "", fmt.Errorf("%s has no `.metadata.name` and autonaming is disabled: set the name, "+
			"or enable autonaming in the setting pulumi:autonaming", urn)
	}
	return settings.GetProposedName(), nil
}

// AdoptName gives new inputs without a name the automatic name of the existing object.
func AdoptName(inputs, old *unstructured.Unstructured) {
	if metadataField(inputs, "name") == nil && !unknownMetadata(inputs) && IsAutonamed(old) && old.GetName() != "" {
		setName(inputs, old.GetName())
	}
}

func setName(obj *unstructured.Unstructured, name string) {
	if obj.Object["metadata"] == nil {
		obj.Object["metadata"] = map[string]any{}
	}
	obj.Object["metadata"].(map[string]any)["name"] = name
	setAnnotation(obj, AnnotationAutonamed, "true")
}

// IsAutonamed reports whether this provider chose the object's name.
func IsAutonamed(obj *unstructured.Unstructured) bool {
	return AnnotationIsTrue(obj, AnnotationAutonamed)
}

// IsNamed reports whether the object has a name, known or not.
func IsNamed(obj *unstructured.Unstructured) bool {
	return metadataField(obj, "name") != nil
}

// UsesGenerateName reports whether the server chooses the name.
func UsesGenerateName(obj *unstructured.Unstructured) bool {
	return !IsNamed(obj) && metadataField(obj, "generateName") != nil
}

// metadataField returns a field of the metadata, or nil if it is missing or empty.
func metadataField(obj *unstructured.Unstructured, field string) any {
	metadata, _ := obj.Object["metadata"].(map[string]any)
	if value := metadata[field]; value != "" {
		return value
	}
	return nil
}

func unknownMetadata(obj *unstructured.Unstructured) bool {
	_, unknown := obj.Object["metadata"].(resource.Computed)
	return unknown
}

// ID returns a resource's ID in the state: "namespace/name", or "name" for a cluster-scoped object.
func ID(obj *unstructured.Unstructured) string {
	if obj.GetNamespace() == "" {
		return obj.GetName()
	}
	return obj.GetNamespace() + "/" + obj.GetName()
}

// ParseID is the inverse of ID.
func ParseID(id string) (namespace, name string, err error) {
	parts := strings.Split(id, "/")
	switch {
	case len(parts) == 1 && parts[0] != "":
		return "", parts[0], nil
	case len(parts) == 2 && parts[0] != "" && parts[1] != "":
		return parts[0], parts[1], nil
	}
	return "", "", fmt.Errorf("the ID of a Kubernetes object must be NAME or NAMESPACE/NAME; got %q", id)
}
