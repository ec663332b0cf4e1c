package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Update changes the object to the new inputs and waits until it is ready again.
func (s *Server) Update(_ context.Context, req *pulumirpc.UpdateRequest) (_ *pulumirpc.UpdateResponse, err error) {
	defer rescue(&err)
	urn := resource.URN(req.GetUrn())
	if s.cluster == nil && !req.GetPreview() {
		return nil, s.unreachableError()
	}
	olds, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, fmt.Errorf("update failed because malformed resource inputs: %w", err)
	}
	inputs := object.Normalize(object.FromProperties(news))
	asGiven := &pulumirpc.UpdateResponse{Properties: req.GetNews()}
	if req.GetPreview() && s.cannotPreview(inputs) {
		return asGiven, nil
	}
	old := object.ParseState(olds)
	state := object.State{Inputs: inputs, InitialAPIVersion: old.InitialAPIVersion}
	if state.InitialAPIVersion == "" {
		state.InitialAPIVersion = old.Inputs.GetAPIVersion()
	}
	if state.FieldManager, err = s.fieldManager(old.FieldManager, inputs); err != nil {
		return nil, err
	}
	last := lastApplied(old)
	write := s.write(urn, state.FieldManager, req.GetPreview(), req.GetIgnoreChanges())
	var failed error
	state.Live, failed = s.cluster.Update(s.ctx, last, inputs, old.Live.GetName(), write)
	switch {
	case failed != nil && req.GetPreview() && apierrors.IsForbidden(failed):
		return asGiven, nil
	case failed != nil && meta.IsNoMatchError(failed):
		return nil, fmt.Errorf("update of resource %q failed because the Kubernetes API server "+
			"reported that the apiVersion for this resource does not exist. "+
			"Verify that any required CRDs have been created: %w", urn, failed)
	case failed == nil && !req.GetPreview():
		state.Live, failed = s.awaitReady(urn, inputs, state.Live, req.GetTimeout())
	case failed != nil:
		live, readErr := s.cluster.Get(s.ctx, old.Live, old.Live.GetName())
		if readErr != nil {
			return nil, errors.Join(
				fmt.Errorf("update of resource %q failed: %w", urn, failed),
				fmt.Errorf("unable to get cluster state: %w", readErr),
			)
		}
		state.Live = live
	}
	fields, err := s.marshal(state.Properties(news))
	if err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, initError(object.ID(state.Live), fields, nil, failed, fmt.Errorf(
			"the Kubernetes API server reported that %q failed to fully initialize or become live: %w",
			object.ID(state.Live), failed))
	}
	if object.IsCRD(inputs) && !req.GetPreview() {
		s.cluster.Forget()
	}
	if err := s.dropOldManager(old, state, req.GetPreview()); err != nil {
		return nil, err
	}
	return &pulumirpc.UpdateResponse{Properties: fields}, nil
}

// dropOldManager releases the fields of the previous field manager if the program has named another one.
func (s *Server) dropOldManager(old, state object.State, preview bool) error {
	if preview || !s.settings.serverSideApply {
		return nil
	}
	before, err := s.fieldManager(old.FieldManager, old.Inputs)
	if err != nil || before == state.FieldManager {
		return err
	}
	return s.cluster.Relinquish(s.ctx, state.Live, before)
}

// lastApplied returns what this provider set last, from which a client-side patch finds the removed fields: the old
// inputs, plus the annotation that upstream before version 4.0 added.
func lastApplied(old object.State) *unstructured.Unstructured {
	const annotation = "kubectl.kubernetes.io/last-applied-configuration"
	inputs := old.Inputs.DeepCopy()
	if value := object.Annotation(old.Live, annotation); value != "" && object.Annotation(inputs, annotation) == "" {
		annotations := inputs.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[annotation] = value
		inputs.SetAnnotations(annotations)
	}
	inputs = object.Normalize(inputs)
	return &unstructured.Unstructured{Object: object.Prune(old.Live.Object, inputs.Object)}
}
