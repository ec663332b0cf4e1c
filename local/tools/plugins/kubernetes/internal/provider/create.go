package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"hardway/local/tools/plugins/kubernetes/internal/cluster"
	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Create creates the object and waits until it is ready. A preview is a dry run by the server, if everything it needs
// exists already.
func (s *Server) Create(_ context.Context, req *pulumirpc.CreateRequest) (_ *pulumirpc.CreateResponse, err error) {
	defer rescue(&err)
	urn := resource.URN(req.GetUrn())
	if s.cluster == nil && !req.GetPreview() {
		return nil, s.unreachableError()
	}
	news, err := unmarshal(req.GetProperties())
	if err != nil {
		return nil, fmt.Errorf("create failed because malformed resource inputs: %w", err)
	}
	inputs := object.FromProperties(news)
	asGiven := &pulumirpc.CreateResponse{Properties: req.GetProperties()}
	if req.GetPreview() && (s.cannotPreview(inputs) || !s.settings.serverSideApply) {
		return asGiven, nil
	}
	state := object.State{Inputs: inputs, InitialAPIVersion: inputs.GetAPIVersion()}
	if state.FieldManager, err = s.fieldManager("", inputs); err != nil {
		return nil, err
	}
	state.Live, err = s.cluster.Create(s.ctx, inputs, s.write(urn, state.FieldManager, req.GetPreview(), nil))
	if err != nil && req.GetPreview() && !tellsInPreview(err) {
		logging.V(3).Infof("no preview of %s by the API server: %v", urn, err)
		return asGiven, nil
	}
	if err != nil {
		return nil, explainCreation(urn, err)
	}
	s.progress(urn, "")
	var notReady error
	if !req.GetPreview() {
		state.Live, notReady = s.awaitReady(urn, inputs, state.Live, req.GetTimeout())
		if object.IsCRD(inputs) {
			s.cluster.Forget()
		}
	} else {
		// The object has no status yet, and the program would take an empty one for real.
		delete(state.Live.Object, "status")
	}
	fields, err := s.marshal(state.Properties(news))
	if err != nil {
		return nil, err
	}
	if notReady != nil {
		return nil, initError(object.ID(state.Live), fields, nil, notReady, fmt.Errorf(
			"resource %q was successfully created, but the Kubernetes API server "+
				"reported that it failed to fully initialize or become live: %w", urn, notReady))
	}
	resp := &pulumirpc.CreateResponse{Properties: fields}
	if !req.GetPreview() {
		resp.Id = object.ID(state.Live)
	}
	return resp, nil
}

// cannotPreview reports whether the server cannot do a dry run: it is unreachable, or values or the kind are not known
// yet.
func (s *Server) cannotPreview(inputs *unstructured.Unstructured) bool {
	return s.cluster == nil || object.HasComputed(inputs) || !s.cluster.Serves(object.GVK(inputs))
}

// tellsInPreview reports whether the error of a dry run would also occur in the update. It would not if the user may
// only read, if the object to be replaced still exists, or if the namespace has not been created yet.
func tellsInPreview(err error) bool {
	var status apierrors.APIStatus
	missingNamespace := errors.As(err, &status) && apierrors.IsNotFound(err) &&
		status.Status().Details != nil && status.Status().Details.Kind == "namespaces"
	return !apierrors.IsForbidden(err) && !apierrors.IsAlreadyExists(err) && !missingNamespace
}

func explainCreation(urn resource.URN, err error) error {
	if !meta.IsNoMatchError(err) {
		return fmt.Errorf("resource %q was not successfully created by the Kubernetes API server: %w", urn, err)
	}
	gvk, urnErr := object.GVKFromURN(urn)
	if urnErr != nil {
		return urnErr
	}
	return fmt.Errorf("creation of resource %q with kind %s/%s failed because the Kubernetes API server "+
		"reported that the apiVersion for this resource does not exist. "+
		"Verify that any required CRDs have been created: %w", urn, gvk.GroupVersion(), gvk.Kind, err)
}

func (s *Server) unreachableError() error {
	return fmt.Errorf("configured Kubernetes cluster is unreachable: %s", s.unreachable)
}

func (s *Server) write(urn resource.URN, manager string, preview bool, ignore []string) cluster.Write {
	return cluster.Write{
		FieldManager:    manager,
		ServerSideApply: s.settings.serverSideApply,
		Upsert:          s.settings.upsert,
		Force:           s.settings.patchForce,
		Preview:         preview,
		IgnoreChanges:   ignore,
		Status:          func(message string) { s.progress(urn, message) },
	}
}

// fieldManager returns the name that owns the fields: the annotation's, else the state's, else a new one. Client-side
// apply always uses the same name.
func (s *Server) fieldManager(inState string, inputs *unstructured.Unstructured) (string, error) {
	if !s.settings.serverSideApply {
		return "pulumi-kubernetes", nil
	}
	if name := object.Annotation(inputs, object.AnnotationPatchFieldManager); name != "" {
		return name, nil
	}
	if inState != "" {
		return inState, nil
	}
	return resource.NewUniqueName(nil, "pulumi-kubernetes-", 0, 0, nil)
}
