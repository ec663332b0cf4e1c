package object

import "reflect"

// Prune returns the fields of `source` that also appear in `shape`. It reduces a live object to the fields that a
// program set, so that fields added by the server do not count as changes. Where the types differ, the value of
// `source` is kept whole. Array elements correspond by index.
func Prune(source, shape map[string]any) map[string]any {
	if source == nil || shape == nil {
		return nil
	}
	pruned := make(map[string]any)
	for key, value := range source {
		if outline, ok := shape[key]; ok {
			pruned[key] = pruneValue(value, outline)
		}
	}
	return pruned
}

func pruneValue(value, outline any) any {
	switch v := value.(type) {
	case map[string]any:
		if o, ok := outline.(map[string]any); ok {
			return Prune(v, o)
		}
	case []any:
		if o, ok := outline.([]any); ok {
			return pruneArray(v, o)
		}
	}
	return value
}

func pruneArray(source, shape []any) []any {
	if source == nil || shape == nil {
		return nil
	}
	if len(source) == 0 || len(shape) == 0 {
		return []any{}
	}
	if reflect.TypeOf(source[0]) != reflect.TypeOf(shape[0]) {
		return source
	}
	pruned := make([]any, 0, len(shape))
	for i := 0; i < len(shape) && i < len(source); i++ {
		pruned = append(pruned, pruneValue(source[i], shape[i]))
	}
	return pruned
}
