package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Check prepares the inputs for the later calls: it normalizes them, sets name and namespace, and marks secrets.
func (s *Server) Check(_ context.Context, req *pulumirpc.CheckRequest) (_ *pulumirpc.CheckResponse, err error) {
	defer rescue(&err)
	urn := resource.URN(req.GetUrn())
	if s.cluster == nil && s.settings.skipUpdateUnreachable {
		s.log(diag.Warning, urn, "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...")
		return &pulumirpc.CheckResponse{Inputs: req.GetOlds()}, nil
	}
	olds, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, fmt.Errorf("check failed because malformed resource inputs: %w", err)
	}
	inputs, old := object.FromProperties(news), object.FromProperties(olds)
	if err := object.CheckSupported(urn, inputs); err != nil {
		return nil, err
	}
	if failure := checkMetadata(inputs); failure != nil {
		return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: []*pulumirpc.CheckFailure{failure}}, nil
	}
	inputs = object.Normalize(inputs)
	s.warnOfAnnotations(urn, inputs)
	if err := s.name(urn, inputs, old, req); err != nil {
		return nil, err
	}
	gvk, err := object.GVKFromURN(urn)
	if err != nil {
		return nil, err
	}
	if s.settings.rejectUnknownResources && s.cluster != nil && !s.cluster.Serves(gvk) {
		return nil, fmt.Errorf("unable to fetch schema for resource type %s/%s: the API server does not have it",
			inputs.GetAPIVersion(), inputs.GetKind())
	}
	s.warnOfDeprecation(urn, gvk)
	s.setNamespace(inputs, s.namespace != "" && s.cluster.Namespaced(gvk))

	checked := resource.NewPropertyMapFromMap(inputs.Object)
	object.MarkSecrets(checked, news)
	fields, err := s.marshal(checked)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: fields}, nil
}

// name gives the object its old name or a new one, and sets the label of client-side apply.
func (s *Server) name(urn resource.URN, inputs, old *unstructured.Unstructured, req *pulumirpc.CheckRequest) error {
	label := !s.settings.serverSideApply
	if len(old.Object) > 0 {
		object.AdoptName(inputs, old)
		label = object.HasManagedByLabel(old)
	} else if err := object.AssignName(inputs, urn, req.GetRandomSeed(), req.GetAutonaming()); err != nil {
		return err
	}
	if label {
		object.SetManagedByLabel(inputs)
	}
	if s.settings.serverSideApply && object.UsesGenerateName(inputs) {
		return errors.New("the `.metadata.generateName` field is not supported in Server-Side Apply mode")
	}
	return nil
}

func (s *Server) setNamespace(inputs *unstructured.Unstructured, namespaced bool) {
	metadata, ok := inputs.Object["metadata"].(map[string]any)
	if namespaced && ok && (metadata["namespace"] == nil || metadata["namespace"] == "") {
		metadata["namespace"] = s.namespace
	}
}

// checkMetadata refuses metadata fields of the wrong type, because the later steps rely on the types.
func checkMetadata(inputs *unstructured.Unstructured) *pulumirpc.CheckFailure {
	value := inputs.Object["metadata"]
	if value == nil || object.HasComputed(value) && !isMap(value) {
		return nil
	}
	metadata, ok := value.(map[string]any)
	if !ok {
		return wrongType("metadata", "an object", value)
	}
	for _, field := range []string{"annotations", "labels"} {
		value := metadata[field]
		if value == nil || object.HasComputed(value) || isMap(value) {
			continue
		}
		return wrongType("metadata."+field, "an object of strings", value)
	}
	for _, field := range []string{"generateName", "name", "namespace"} {
		if _, ok := metadata[field].(string); !ok && metadata[field] != nil && !object.HasComputed(metadata[field]) {
			return wrongType("metadata."+field, "a string", metadata[field])
		}
	}
	return nil
}

func isMap(value any) bool {
	_, ok := value.(map[string]any)
	return ok
}

func wrongType(property, want string, value any) *pulumirpc.CheckFailure {
	return &pulumirpc.CheckFailure{
		Property: property,
		Reason:   fmt.Sprintf("%s must be %s; got %v (%T)", property, want, value, value),
	}
}

func (s *Server) warnOfAnnotations(urn resource.URN, inputs *unstructured.Unstructured) {
	hooked := false
	annotations := inputs.GetAnnotations()
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		if strings.HasPrefix(key, object.AnnotationAutonamed) {
			s.log(diag.Warning, urn, "ignoring user-specified value for internal annotation %q", key)
		}
		hooked = hooked || strings.HasPrefix(key, "helm.sh/hook") && strings.Contains(annotations[key], "test")
	}
	if hooked && !s.settings.suppressHelmHookWarnings {
		s.log(diag.Warning, urn, "This resource contains Helm hooks that are not currently supported by Pulumi. The "+
			"resource will be created, but any hooks will not be executed. This warning can be disabled by setting "+
			"the PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS environment variable")
	}
}
