// Package diff compares what a cluster holds of an object with what a program now asks for, in the engine's terms:
// property paths, kinds of change, and which changes an existing object cannot take.
package diff

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

// Detailed maps property paths (`spec.ports[0].port`, `metadata.annotations["a.b/c"]`) to what happens there.
type Detailed = map[string]*pulumirpc.PropertyDiff

// Compute gives the changes that lead from `live`, already pruned to the fields that the program set, to `inputs`.
// Changes at or under one of the `immutable` paths (JSONPath, `.spec.selector`) are marked as replacements.
// `inputs` may hold values not known yet; they count as changes.
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

// Ignore drops the changes at or under the given paths: those of the option ignoreChanges.
func Ignore(found Detailed, paths []string) error {
	for _, text := range paths {
		ignored, err := resource.ParsePropertyPath(text)
		if err != nil {
			return fmt.Errorf("ignoreChanges: the path %q cannot be parsed: %w", text, err)
		}
		for key := range found {
			path, err := resource.ParsePropertyPath(key)
			if err != nil {
				return fmt.Errorf("the path %q of a change cannot be parsed: %w", key, err)
			}
			if ignored.Contains(path) {
				delete(found, key)
			}
		}
	}
	return nil
}

// Replaces lists the paths whose change forces a replacement. Metadata that goes away whole takes the name with it.
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

// mergePatch gives the RFC 7386 patch between the two. Values not known yet appear as null.
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
