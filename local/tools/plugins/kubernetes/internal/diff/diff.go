// Package diff compares a live object with what the program asks for now. The result is in the engine's terms: property
// paths, kinds of change, and which changes require a replacement.
package diff

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

// Detailed maps property paths (`spec.ports[0].port`, `metadata.annotations["a.b/c"]`) to their changes.
type Detailed = map[string]*pulumirpc.PropertyDiff

// Compute returns the changes from `live`, which must be pruned to the fields that the program set, to `inputs`.
// Changes at or below an `immutable` path (JSONPath, such as `.spec.selector`) are marked as replacements. Values in
// `inputs` that are not known yet count as changes.
func Compute(live, inputs map[string]any, immutable []string) (Detailed, error) {
	patch, err := mergePatch(live, inputs)
	if err != nil {
		return nil, err
	}
	w := walker{immutable: immutable, found: Detailed{}}
	if err := w.object(nil, patch, live, inputs, false); err != nil {
		return nil, err
	}
	return w.found, nil
}

// Ignore removes the changes at or below the paths of the option ignoreChanges.
func Ignore(found Detailed, paths []string) error {
	for _, text := range paths {
		ignored, err := resource.ParsePropertyPath(text)
		if err != nil {
			return fmt.Errorf("ignoreChanges: cannot parse the path %q: %w", text, err)
		}
		for key := range found {
			path, err := resource.ParsePropertyPath(key)
			if err != nil {
				return fmt.Errorf("cannot parse the path %q of a change: %w", key, err)
			}
			if ignored.Contains(path) {
				delete(found, key)
			}
		}
	}
	return nil
}

// Replaces returns the paths whose change forces a replacement. That includes removing the whole metadata, since it
// contains the name.
func Replaces(found Detailed) []string {
	var paths []string
	for path, change := range found {
		switch change.Kind {
		case pulumirpc.PropertyDiff_ADD_REPLACE, pulumirpc.PropertyDiff_DELETE_REPLACE, pulumirpc.PropertyDiff_UPDATE_REPLACE:
			paths = append(paths, path)
		case pulumirpc.PropertyDiff_DELETE:
			if path == "metadata" {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// mergePatch returns the RFC 7386 patch from one to the other. Values that are not known yet appear as null.
func mergePatch(from, to map[string]any) (map[string]any, error) {
	before, err := json.Marshal(nullUnknowns(from))
	if err != nil {
		return nil, err
	}
	after, err := json.Marshal(nullUnknowns(to))
	if err != nil {
		return nil, err
	}
	raw, err := jsonpatch.CreateMergePatch(before, after)
	if err != nil {
		return nil, err
	}
	patch := map[string]any{}
	return patch, json.Unmarshal(raw, &patch)
}

func nullUnknowns(value any) any {
	switch v := value.(type) {
	case resource.Computed:
		return nil
	case map[string]any:
		known := make(map[string]any, len(v))
		for key, element := range v {
			known[key] = nullUnknowns(element)
		}
		return known
	case []any:
		known := make([]any, len(v))
		for i, element := range v {
			known[i] = nullUnknowns(element)
		}
		return known
	}
	return value
}
