package diff

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// absent represents a missing field, as opposed to one that is null.
type absent struct{}

// walker walks a merge patch together with the two objects that it was made from. A merge patch contains changed arrays
// as a whole, so inside an array the walker compares the objects instead of relying on the patch.
type walker struct {
	immutable []string
	found     Detailed
}

func (w *walker) object(path []any, patch, live, inputs map[string]any, inArray bool) error {
	for key, value := range patch {
		if err := w.value(with(path, key), value, field(live, key), field(inputs, key), inArray); err != nil {
			return err
		}
	}
	if !inArray {
		return nil
	}
	for key, value := range live {
		if _, ok := patch[key]; ok {
			continue
		}
		if err := w.value(with(path, key), nil, value, field(inputs, key), true); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) array(path []any, patch, live, inputs []any) error {
	for i := range max(len(patch), len(live)) {
		var value, input any
		var old any = absent{}
		if i < len(patch) {
			value = patch[i]
		}
		if i < len(live) {
			old = live[i]
		}
		if i < len(inputs) {
			input = inputs[i]
		}
		if value == nil && old == nil && input == nil {
			continue
		}
		if err := w.value(with(path, i), value, old, input, true); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) value(path []any, value, live, input any, inArray bool) error {
	_, isNew := live.(absent)
	if _, gone := input.(absent); gone && (value != nil || isNew) {
		return nil
	}
	kind, inputDiff := pulumirpc.PropertyDiff_UPDATE, false
	_, unknown := input.(resource.Computed)
	switch {
	case isNew && (value != nil || unknown):
		kind = pulumirpc.PropertyDiff_ADD
	case value == nil && !unknown:
		kind, inputDiff = pulumirpc.PropertyDiff_DELETE, true
	case value != nil:
		if sub, ok := value.(map[string]any); ok {
			if old, ok := live.(map[string]any); ok {
				next, _ := input.(map[string]any)
				return w.object(path, sub, old, next, inArray)
			}
		}
		if sub, ok := value.([]any); ok {
			if old, ok := live.([]any); ok {
				next, _ := input.([]any)
				return w.array(path, sub, old, next)
			}
		}
		if equal(value, live) {
			return nil
		}
	}
	return w.record(path, value, kind, inputDiff)
}

func (w *walker) record(path []any, value any, kind pulumirpc.PropertyDiff_Kind, inputDiff bool) error {
	forced, err := touches(w.immutable, path, value)
	if err != nil {
		return err
	}
	if forced {
		switch kind {
		case pulumirpc.PropertyDiff_ADD:
			kind = pulumirpc.PropertyDiff_ADD_REPLACE
		case pulumirpc.PropertyDiff_DELETE:
			kind = pulumirpc.PropertyDiff_DELETE_REPLACE
		case pulumirpc.PropertyDiff_UPDATE:
			kind = pulumirpc.PropertyDiff_UPDATE_REPLACE
		}
	}
	w.found[pathString(path)] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: inputDiff}
	return nil
}

func with(path []any, element any) []any {
	return append(path[:len(path):len(path)], element)
}

func field(m map[string]any, key string) any {
	if value, ok := m[key]; ok {
		return value
	}
	return absent{}
}

// equal compares JSON values. 1 and 1.0 are equal, whatever their Go types are.
func equal(a, b any) bool {
	x, xIsNumber := number(a)
	y, yIsNumber := number(b)
	if xIsNumber && yIsNumber {
		return x == y
	}
	return reflect.DeepEqual(a, b)
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// pathString writes a path as the engine reads it.
func pathString(path []any) string {
	var text strings.Builder
	for _, element := range path {
		switch e := element.(type) {
		case int:
			fmt.Fprintf(&text, "[%d]", e)
		case string:
			switch {
			case strings.ContainsAny(e, `."[]`):
				fmt.Fprintf(&text, `["%s"]`, strings.ReplaceAll(e, `"`, `\"`))
			case text.Len() > 0:
				text.WriteString("." + e)
			default:
				text.WriteString(e)
			}
		}
	}
	return text.String()
}
