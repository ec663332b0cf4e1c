package object

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Keys that the state holds beside the live object's own fields.
const (
	inputsKey            = "__inputs"
	initialAPIVersionKey = "__initialApiVersion"
	fieldManagerKey      = "__fieldManager"
)

// State is what a stack remembers of one object: the live object, flat, plus the inputs that made it, the API version
// it was first made with and the server-side apply field manager that owns it.
type State struct {
	Inputs, Live      *unstructured.Unstructured
	InitialAPIVersion string
	FieldManager      string
}

// Properties gives the state in the engine's form, with the secretness of `from` (the properties as they came from
// the engine) put back.
func (s State) Properties(from resource.PropertyMap) resource.PropertyMap {
	live, inputs := ToProperties(s.Live), ToProperties(s.Inputs)
	MarkSecrets(live, from)
	MarkSecrets(inputs, from)
	live[inputsKey] = resource.NewProperty(inputs)
	live[initialAPIVersionKey] = resource.NewProperty(s.InitialAPIVersion)
	live[fieldManagerKey] = resource.NewProperty(s.FieldManager)
	return live
}

// ParseState reads what Properties wrote. State written by nobody (an import) has empty inputs.
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
