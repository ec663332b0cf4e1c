package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Read returns the live object, for a refresh (with the state) or an import (with only the ID). If the object or its
// kind does not exist, the response is empty.
func (s *Server) Read(_ context.Context, req *pulumirpc.ReadRequest) (_ *pulumirpc.ReadResponse, err error) {
	defer rescue(&err)
	urn := resource.URN(req.GetUrn())
	if s.cluster == nil {
		return s.readUnreachable(urn, req)
	}
	olds, err := unmarshal(req.GetProperties())
	if err != nil {
		return nil, err
	}
	oldInputs, err := unmarshal(req.GetInputs())
	if err != nil {
		return nil, err
	}
	namespace, name, err := object.ParseID(req.GetId())
	if err != nil {
		return nil, fmt.Errorf("failed to read resource because of a failure to parse resource name from request ID: %w", err)
	}
	old := object.ParseState(olds)
	inputs := object.Normalize(object.FromProperties(oldInputs))
	imported, err := identify(urn, inputs, old.Live, namespace, name)
	if err != nil {
		return nil, err
	}
	live, err := s.cluster.Get(s.ctx, inputs, name)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return &pulumirpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, err
	}
	state := object.State{Live: live, Inputs: inputsFrom(live, inputs, imported), InitialAPIVersion: old.InitialAPIVersion}
	if state.InitialAPIVersion == "" {
		state.InitialAPIVersion = inputs.GetAPIVersion()
	}
	if state.FieldManager, err = s.fieldManager(old.FieldManager, inputs); err != nil {
		return nil, err
	}
	return s.readResponse(req.GetId(), state, oldInputs, imported)
}

func (s *Server) readResponse(
	id string, state object.State, oldInputs resource.PropertyMap, imported bool,
) (*pulumirpc.ReadResponse, error) {
	fields, err := s.marshal(state.Properties(oldInputs))
	if err != nil {
		return nil, err
	}
	liveInputs := resource.NewPropertyMapFromMap(state.Inputs.Object)
	object.MarkSecrets(liveInputs, oldInputs)
	inputs, err := s.marshal(liveInputs)
	if err != nil {
		return nil, err
	}
	if !imported && !object.AnnotationIsTrue(state.Inputs, object.AnnotationSkipAwait) {
		if problem := s.unready(state.Live); problem != nil {
			return nil, initError(id, fields, inputs, problem, problem)
		}
	}
	return &pulumirpc.ReadResponse{Id: id, Properties: fields, Inputs: inputs}, nil
}

// identify adds kind, name and namespace to the inputs, and reports whether only the ID was known.
func identify(urn resource.URN, inputs, live *unstructured.Unstructured, namespace, name string) (imported bool, err error) {
	if !inputs.GroupVersionKind().Empty() {
		return false, nil
	}
	if live.GroupVersionKind().Empty() {
		gvk, err := object.GVKFromURN(urn)
		if err != nil {
			return false, err
		}
		inputs.SetGroupVersionKind(gvk)
		imported = true
	} else {
		inputs.SetGroupVersionKind(live.GroupVersionKind())
	}
	if inputs.GetName() == "" {
		inputs.SetName(name)
	}
	if inputs.GetNamespace() == "" && namespace != "" {
		inputs.SetNamespace(namespace)
	}
	return imported, nil
}

// inputsFrom derives inputs from the live object: the fields that the old inputs had or, for an import of a built-in
// kind, all fields except those that the server writes.
func inputsFrom(live, old *unstructured.Unstructured, imported bool) *unstructured.Unstructured {
	inputs := &unstructured.Unstructured{Object: object.Prune(live.Object, old.Object)}
	if !imported {
		return inputs
	}
	if object.IsBuiltIn(object.GVK(live).GroupVersion()) {
		all := live.DeepCopy()
		delete(all.Object, "status")
		inputs = all
	}
	for _, field := range []string{"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"} {
		unstructured.RemoveNestedField(inputs.Object, "metadata", field)
	}
	for _, annotation := range []string{
		"deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration",
	} {
		unstructured.RemoveNestedField(inputs.Object, "metadata", "annotations", annotation)
	}
	return inputs
}

const unreachableHelp = "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the " +
	"operation with the provider option deleteUnreachable, or the PULUMI_K8S_DELETE_UNREACHABLE environment variable, " +
	"set to \"true\""

func (s *Server) readUnreachable(urn resource.URN, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	s.log(diag.Warning, urn, "%v", s.unreachableError())
	switch {
	case s.settings.deleteUnreachable:
		s.log(diag.Info, urn, "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. "+
			"Deleting the unreachable resource from Pulumi state")
		return &pulumirpc.ReadResponse{}, nil
	case s.settings.skipUpdateUnreachable:
		s.log(diag.Info, urn, "configured Kubernetes cluster is unreachable and the `skipUpdateUnreachable` option is enabled. "+
			"Returned data could not reflect the actual cluster configuration.")
		return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
	}
	return nil, errors.New("failed to read resource state due to unreachable cluster. " + unreachableHelp)
}
