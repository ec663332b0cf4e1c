package cluster

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// keepIgnored applies ignoreChanges to the inputs of a server-side apply. A field that only other managers own is
// removed from the inputs, so that this manager does not become an owner. Any other field gets its live value, so that
// it is not unset. As upstream, paths into arrays have no effect.
func keepIgnored(inputs, live *unstructured.Unstructured, paths []string, manager string) error {
	if len(paths) == 0 {
		return nil
	}
	ours, theirs := &fieldpath.Set{}, &fieldpath.Set{}
	for _, entry := range live.GetManagedFields() {
		fields, err := fieldSet(entry)
		if err != nil {
			return err
		}
		if entry.Manager == manager {
			ours = ours.Union(fields)
		} else {
			theirs = theirs.Union(fields)
		}
	}
	ours, theirs = withParents(ours), withParents(theirs)
	for _, text := range paths {
		fields, err := splitPath(text)
		if err != nil {
			return err
		}
		elements := make([]any, len(fields))
		for i, field := range fields {
			elements[i] = field
		}
		path, err := fieldpath.MakePath(elements...)
		if err != nil {
			return fmt.Errorf("ignoreChanges: %q is not a field path: %w", text, err)
		}
		if theirs.Has(path) && !ours.Has(path) {
			unstructured.RemoveNestedField(inputs.Object, fields...)
			continue
		}
		if err := keepLive(inputs, live, text); err != nil {
			return err
		}
	}
	return nil
}

// keepLive replaces the value in the inputs with the live value, if there is one.
func keepLive(inputs, live *unstructured.Unstructured, text string) error {
	fields, err := splitPath(text)
	if err != nil {
		return err
	}
	value, found, err := unstructured.NestedFieldCopy(live.Object, fields...)
	if err != nil {
		return fmt.Errorf("ignoreChanges: %q is not a path in the live object: %w", text, err)
	}
	if !found {
		return nil
	}
	if err := unstructured.SetNestedField(inputs.Object, value, fields...); err != nil {
		return fmt.Errorf("ignoreChanges: %q is not a path in the inputs: %w", text, err)
	}
	return nil
}

// splitPath returns the field names in a property path. Array indexes become names, which match no field.
func splitPath(text string) ([]string, error) {
	path, err := resource.ParsePropertyPath(text)
	if err != nil {
		return nil, fmt.Errorf("ignoreChanges: cannot parse the path %q: %w", text, err)
	}
	fields := make([]string, len(path))
	for i, element := range path {
		fields[i] = strings.TrimSpace(fmt.Sprint(element))
	}
	return fields, nil
}

// withParents returns the set plus all ancestors of its members.
func withParents(set *fieldpath.Set) *fieldpath.Set {
	all := fieldpath.NewSet()
	set.Iterate(func(path fieldpath.Path) {
		for i := range path {
			all.Insert(path[:i+1].Copy())
		}
	})
	return all
}
