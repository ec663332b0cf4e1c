package object

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Keys of the state besides the fields of the live object.
const (
	inputsKey            = "__inputs"
	initialAPIVersionKey = "__initialApiVersion"
	fieldManagerKey      = "__fieldManager"
)

// State is what a stack stores about one object: the live object (flat), the inputs it was made from, the API version
// it was created with, and the field manager that owns its fields in server-side apply.
type State struct {
	Inputs, Live      *unstructured.Unstructured
	InitialAPIVersion string
	FieldManager      string
}

// Properties returns the state as the engine's properties. Values that are secret in `from`, the properties that came
// from the engine, are marked as secret again.
func (s State) Properties(from resource.PropertyMap) resource.PropertyMap {
	live, inputs := ToProperties(s.Live), ToProperties(s.Inputs)
	MarkSecrets(live, from)
	MarkSecrets(inputs, from)
	live[inputsKey] = resource.NewProperty(inputs)
	live[initialAPIVersionKey] = resource.NewProperty(s.InitialAPIVersion)
	live[fieldManagerKey] = resource.NewProperty(s.FieldManager)
	return live
}

// ParseState is the inverse of Properties. Without any state, as in an import, the inputs are empty.
func ParseState(props resource.PropertyMap) State {
	fields := plainMap(props)
	take := func(key string) any {
		value := fields[key]
		delete(fields, key)
		return value
	}
	inputs, _ := take(inputsKey).(map[string]any)
	if inputs == nil {
		inputs = map[string]any{}
	}
	initial, _ := take(initialAPIVersionKey).(string)
	manager, _ := take(fieldManagerKey).(string)
	return State{
		Inputs:            &unstructured.Unstructured{Object: inputs},
		Live:              &unstructured.Unstructured{Object: fields},
		InitialAPIVersion: initial,
		FieldManager:      manager,
	}
}
