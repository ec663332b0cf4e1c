package cluster

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// keepIgnored honours ignoreChanges in what is applied: a field that only others manage is left out, so that this
// manager does not come to own it; any other keeps its live value, so that it is not unset. Paths into arrays are not
// reached, as upstream.
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
			return fmt.Errorf("ignoreChanges: the path %q is no field path: %w", text, err)
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

// keepLive puts the live value, if there is one, in the place of the input's.
func keepLive(inputs, live *unstructured.Unstructured, text string) error {
	fields, err := splitPath(text)
	if err != nil {
		return err
	}
	value, found, err := unstructured.NestedFieldCopy(live.Object, fields...)
	if err != nil {
		return fmt.Errorf("ignoreChanges: %q does not lead into the live object: %w", text, err)
	}
	if !found {
		return nil
	}
	if err := unstructured.SetNestedField(inputs.Object, value, fields...); err != nil {
		return fmt.Errorf("ignoreChanges: %q does not lead into the inputs: %w", text, err)
	}
	return nil
}

// splitPath gives the names along a property path; array indexes become part of a name that matches nothing.
func splitPath(text string) ([]string, error) {
	path, err := resource.ParsePropertyPath(text)
	if err != nil {
		return nil, fmt.Errorf("ignoreChanges: the path %q cannot be parsed: %w", text, err)
	}
	fields := make([]string, len(path))
	for i, element := range path {
		fields[i] = strings.TrimSpace(fmt.Sprint(element))
	}
	return fields, nil
}

// withParents adds every ancestor of the set's members.
func withParents(set *fieldpath.Set) *fieldpath.Set {
	all := fieldpath.NewSet()
	set.Iterate(func(path fieldpath.Path) {
		for i := range path {
			all.Insert(path[:i+1].Copy())
		}
	})
	return all
}
