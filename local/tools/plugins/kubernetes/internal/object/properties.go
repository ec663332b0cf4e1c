// Package object converts between Pulumi property maps and Kubernetes objects, and contains the rules about names,
// annotations, kinds and state. It never contacts a cluster.
package object

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The typed SDKs cannot have dashes in field names, so they send these fields of JSONSchemaProps with underscores.
var dashed = map[string]string{
	"x_kubernetes_embedded_resource":       "x-kubernetes-embedded-resource",
	"x_kubernetes_int_or_string":           "x-kubernetes-int-or-string",
	"x_kubernetes_list_map_keys":           "x-kubernetes-list-map-keys",
	"x_kubernetes_list_type":               "x-kubernetes-list-type",
	"x_kubernetes_map_type":                "x-kubernetes-map-type",
	"x_kubernetes_preserve_unknown_fields": "x-kubernetes-preserve-unknown-fields",
	"x_kubernetes_validations":             "x-kubernetes-validations",
}

var underscored = func() map[string]string {
	reverse := make(map[string]string, len(dashed))
	for from, to := range dashed {
		reverse[to] = from
	}
	return reverse
}()

func toDash(key string) (string, bool) {
	to, ok := dashed[key]
	return to, ok
}

func toUnderscore(key string) (resource.PropertyKey, bool) {
	to, ok := underscored[key]
	return resource.PropertyKey(to), ok
}

func plainValue(v resource.PropertyValue) (any, bool) {
	if v.IsSecret() {
		return v.SecretValue().Element.MapRepl(toDash, plainValue), true
	}
	if v.IsOutput() {
		if !v.OutputValue().Known {
			return resource.Computed{Element: resource.NewStringProperty("")}, true
		}
		return v.OutputValue().Element.MapRepl(toDash, plainValue), true
	}
	return nil, false
}

// FromProperties returns the Kubernetes object that the properties describe. Secrets become plain values. Values that
// are not known yet stay resource.Computed (see HasComputed).
func FromProperties(props resource.PropertyMap) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: plainMap(props)}
}

func plainMap(props resource.PropertyMap) map[string]any {
	fields := props.MapRepl(toDash, plainValue)
	if fields == nil {
		fields = map[string]any{}
	}
	return fields
}

// ToProperties is the inverse of FromProperties, except that it marks no secrets: see MarkSecrets.
func ToProperties(obj *unstructured.Unstructured) resource.PropertyMap {
	return resource.NewPropertyMapFromMapRepl(obj.Object, toUnderscore, nil)
}

// HasComputed reports whether the value contains any value that is not known yet.
func HasComputed(value any) bool {
	switch v := value.(type) {
	case resource.Computed:
		return true
	case *unstructured.Unstructured:
		return v != nil && HasComputed(v.Object)
	case map[string]any:
		for _, element := range v {
			if HasComputed(element) {
				return true
			}
		}
	case []any:
		for _, element := range v {
			if HasComputed(element) {
				return true
			}
		}
	}
	return false
}
