package diff

import (
	"fmt"
	"io"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/contract"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/jsonpath"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Mutable says for which kinds a change of the data updates the object instead of replacing it.
type Mutable struct {
	ConfigMaps, Secrets bool
}

// Immutable returns, as JSONPath, the fields of the object that cannot be updated in place.
func Immutable(obj *unstructured.Unstructured, mutable Mutable) []string {
	fields := []string{".metadata.name", ".metadata.namespace"}
	gvk := object.GVK(obj)
	frozen, _, _ := unstructured.NestedBool(obj.Object, "immutable")
	switch {
	case object.IsSecret(obj) && (!mutable.Secrets || frozen):
		return append(fields, ".type", ".stringData", ".data")
	case object.IsConfigMap(obj) && (!mutable.ConfigMaps || frozen):
		return append(fields, ".binaryData", ".data")
	}
	return append(fields, byKind[gvk.GroupVersion().String()][gvk.Kind]...)
}

// touches reports whether a change at `path` to `value` affects one of the fields.
func touches(fields []string, path []any, value any) (bool, error) {
	change := value
	for i := len(path) - 1; i >= 0; i-- {
		switch element := path[i].(type) {
		case string:
			change = map[string]any{element: change}
		case int:
			change = []any{change}
		default:
			contract.Failf("an element of a property path is a %T", element)
		}
	}
	for _, field := range fields {
		finder := jsonpath.New(field)
		if err := finder.Parse("{" + field + "}"); err != nil {
			return false, fmt.Errorf("immutable field %s: %w", field, err)
		}
		err := finder.Execute(io.Discard, change)
		if err == nil {
			return true, nil
		}
		if !strings.Contains(err.Error(), "not found") {
			return true, nil
		}
	}
	return false, nil
}
