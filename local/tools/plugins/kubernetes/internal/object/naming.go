package object

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// AssignName gives an object without a name one made of the resource's name and eight random hexadecimal digits, or
// the name that the engine's autonaming settings propose, and marks it as autonamed. A name or generateName that is
// set, known or not, is left alone.
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

// AdoptName carries the autoname of an object that exists over to new inputs without a name.
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

// IsAutonamed tells whether this provider chose the object's name.
func IsAutonamed(obj *unstructured.Unstructured) bool {
	return AnnotationIsTrue(obj, AnnotationAutonamed)
}

// IsNamed tells whether the object has a name of its own, known or not.
func IsNamed(obj *unstructured.Unstructured) bool {
	return metadataField(obj, "name") != nil
}

// UsesGenerateName tells whether the server is to choose the name.
func UsesGenerateName(obj *unstructured.Unstructured) bool {
	return !IsNamed(obj) && metadataField(obj, "generateName") != nil
}

// metadataField gives a field of the metadata, nil when it is missing or empty.
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

// ID is a resource's identity in the state: "namespace/name", or "name" for what has no namespace.
func ID(obj *unstructured.Unstructured) string {
	if obj.GetNamespace() == "" {
		return obj.GetName()
	}
	return obj.GetNamespace() + "/" + obj.GetName()
}

// ParseID is the reverse of ID.
func ParseID(id string) (namespace, name string, err error) {
	parts := strings.Split(id, "/")
	switch {
	case len(parts) == 1 && parts[0] != "":
		return "", parts[0], nil
	case len(parts) == 2 && parts[0] != "" && parts[1] != "":
		return parts[0], parts[1], nil
	}
	return "", "", fmt.Errorf("the ID %q of a Kubernetes object has to be NAME, or NAMESPACE/NAME", id)
}
