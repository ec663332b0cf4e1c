package object

import (
	"encoding/base64"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// Fields of the metadata that only the server writes.
var readOnlyMetadata = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
	"resourceVersion", "uid",
}

// Normalize brings inputs into the form in which the server would hold them, so that two spellings of one thing
// (a quantity of "1000m" and "1", stringData and data) are no difference. Only built-in kinds whose values are all
// known can be normalized further than dropping read-only metadata. The given object may be changed.
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
	// What does not fit the type is the server's to refuse, with its own message.
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(inputs.Object, typed); err != nil {
		return inputs
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		return inputs
	}
	return &unstructured.Unstructured{Object: fields}
}

// The server drops a false preserveUnknownFields and ignores a status.
func canonicalCRD(crd *unstructured.Unstructured) *unstructured.Unstructured {
	if spec, ok := crd.Object["spec"].(map[string]any); ok && spec["preserveUnknownFields"] == false {
		delete(spec, "preserveUnknownFields")
	}
	delete(crd.Object, "status")
	return crd
}

// The server folds stringData into data, and writes base64 anew.
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
