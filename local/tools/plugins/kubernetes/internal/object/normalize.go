package object

import (
	"encoding/base64"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// Metadata fields that only the server writes.
var readOnlyMetadata = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
	"resourceVersion", "uid",
}

// Normalize converts inputs to the form that the server would return, so that different notations of the same value
// (the quantities "1000m" and "1", stringData and data) do not count as changes. Inputs of custom kinds, and inputs
// with unknown values, only lose their read-only metadata. Normalize may modify its argument.
func Normalize(inputs *unstructured.Unstructured) *unstructured.Unstructured {
	if !HasComputed(inputs) && IsBuiltIn(GVK(inputs).GroupVersion()) {
		inputs = &unstructured.Unstructured{Object: Prune(canonical(inputs).Object, inputs.Object)}
	}
	if metadata, ok := inputs.Object["metadata"].(map[string]any); ok {
		for _, field := range readOnlyMetadata {
			delete(metadata, field)
		}
	}
	return inputs
}

func canonical(inputs *unstructured.Unstructured) *unstructured.Unstructured {
	switch {
	case IsCRD(inputs):
		return canonicalCRD(inputs)
	case IsSecret(inputs):
		return canonicalSecret(inputs)
	}
	typed, err := scheme.Scheme.New(GVK(inputs))
	if err != nil {
		return inputs
	}
	if _, ok := typed.(metav1.Object); !ok {
		return inputs
	}
	// The server refuses inputs that do not match the type, and its message says why.
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(inputs.Object, typed); err != nil {
		return inputs
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		return inputs
	}
	return &unstructured.Unstructured{Object: fields}
}

// The server drops preserveUnknownFields if it is false, and ignores the status.
func canonicalCRD(crd *unstructured.Unstructured) *unstructured.Unstructured {
	if spec, ok := crd.Object["spec"].(map[string]any); ok && spec["preserveUnknownFields"] == false {
		delete(spec, "preserveUnknownFields")
	}
	delete(crd.Object, "status")
	return crd
}

// The server merges stringData into data and re-encodes base64.
func canonicalSecret(secret *unstructured.Unstructured) *unstructured.Unstructured {
	data, hasData := secret.Object["data"].(map[string]any)
	plain, _, err := unstructured.NestedStringMap(secret.Object, "stringData")
	if err == nil && len(plain) > 0 {
		if !hasData {
			data = map[string]any{}
		}
		for key, value := range plain {
			data[key] = base64.StdEncoding.EncodeToString([]byte(value))
		}
		secret.Object["data"] = data
		delete(secret.Object, "stringData")
		return secret
	}
	for key, value := range data {
		if text, ok := value.(string); ok {
			if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
				data[key] = base64.StdEncoding.EncodeToString(raw)
			}
		}
	}
	return secret
}
