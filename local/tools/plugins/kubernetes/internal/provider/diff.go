package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"hardway/local/tools/plugins/kubernetes/internal/await"
	"hardway/local/tools/plugins/kubernetes/internal/diff"
	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Diff compares the new inputs with the live object in the state, reduced to the fields of the old inputs. Drift in
// fields that the program set is a change; fields that the server or others added are not.
func (s *Server) Diff(_ context.Context, req *pulumirpc.DiffRequest) (_ *pulumirpc.DiffResponse, err error) {
	defer rescue(&err)
	urn := resource.URN(req.GetUrn())
	olds, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, fmt.Errorf("diff failed because malformed resource inputs: %w", err)
	}
	inputs := object.Normalize(object.FromProperties(news))
	state := object.ParseState(olds)
	if state.Live.GetName() == "" {
		return nil, fmt.Errorf("the state of %s contains no object: run `pulumi refresh`", urn)
	}
	live := s.comparable(state, inputs)

	found, err := diff.Compute(live.Object, inputs.Object, diff.Immutable(inputs, diff.Mutable{
		ConfigMaps: s.settings.configMapMutable,
		Secrets:    s.settings.secretMutable,
	}))
	if err != nil {
		return nil, fmt.Errorf("Failed to check for changes in resource %q: %w", urn, err) //nolint:staticcheck
	}
	if err := diff.Ignore(found, req.GetIgnoreChanges()); err != nil {
		return nil, err
	}
	resp := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_NONE,
		Replaces:        diff.Replaces(found),
		DetailedDiff:    found,
		HasDetailedDiff: true,
	}
	if s.isUnready(urn, inputs, state.Live) {
		resp.Changes = pulumirpc.DiffResponse_DIFF_SOME
		resp.Replaces = append(resp.Replaces, `.metadata.annotations["`+object.AnnotationReplaceUnready+`"]`)
	}
	if len(found) > 0 {
		resp.Changes = pulumirpc.DiffResponse_DIFF_SOME
	}
	slices.Sort(resp.Replaces)
	resp.DeleteBeforeReplace = len(resp.Replaces) > 0 && takesSamePlace(inputs, state.Live)
	return resp, nil
}

// comparable returns the state's live object in a form that can be compared with the inputs. It sets the inputs'
// namespace.
func (s *Server) comparable(state object.State, inputs *unstructured.Unstructured) *unstructured.Unstructured {
	old := object.Normalize(state.Inputs)
	live := &unstructured.Unstructured{Object: object.Prune(state.Live.Object, old.Object)}
	if live.Object == nil {
		live.Object = map[string]any{}
	}
	gvk := object.GVK(inputs)
	if s.cluster.Namespaced(gvk) {
		completeNamespace(live)
		completeNamespace(inputs)
	} else {
		unstructured.RemoveNestedField(live.Object, "metadata", "namespace")
		unstructured.RemoveNestedField(inputs.Object, "metadata", "namespace")
	}
	if live.GroupVersionKind().Empty() {
		live.SetGroupVersionKind(gvk)
	}
	if s.settings.serverSideApply {
		// May be left from before the stack used server-side apply.
		unstructured.RemoveNestedField(live.Object, "metadata", "resourceVersion")
	}
	if inputs.GetName() != "" {
		// The program may now set the name that the server had generated from generateName.
		live.SetName(state.Live.GetName())
	}
	return live
}

func completeNamespace(obj *unstructured.Unstructured) {
	if obj.Object["metadata"] == nil {
		obj.Object["metadata"] = map[string]any{}
	}
	metadata, ok := obj.Object["metadata"].(map[string]any)
	if ok && (metadata["namespace"] == nil || metadata["namespace"] == "") {
		metadata["namespace"] = "default"
	}
}

// takesSamePlace reports whether the old object must be deleted before the new one can be created: the program chose
// the name, and it has not changed.
func takesSamePlace(inputs, live *unstructured.Unstructured) bool {
	return object.IsNamed(inputs) && !object.IsAutonamed(inputs) &&
		inputs.GetName() == live.GetName() && inputs.GetNamespace() == live.GetNamespace()
}

// isUnready reports whether the object must be replaced because it is not ready and has the annotation replaceUnready.
// Only Jobs support that.
func (s *Server) isUnready(urn resource.URN, inputs, live *unstructured.Unstructured) bool {
	if !object.AnnotationIsTrue(inputs, object.AnnotationReplaceUnready) {
		return false
	}
	if s.cluster == nil {
		s.log(diag.Warning, urn, "Cluster is unreachable, skipping replaceUnready check")
		return false
	}
	if inputs.GetKind() != "Job" {
		s.log(diag.Warning, urn, "replaceUnready annotation is not supported for this resource")
		return false
	}
	job, err := s.cluster.Get(s.ctx, live, live.GetName())
	if err != nil {
		return false
	}
	verdict, err := await.Of(s.ctx, s.cluster, job, true)
	return err == nil && !verdict.Ready
}
