package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"hardway/local/tools/plugins/kubernetes/internal/cluster"
	"hardway/local/tools/plugins/kubernetes/internal/object"
)

const deletionTimeout = 10 * time.Minute

// Delete deletes the object and waits until it no longer exists. It succeeds if the object or its kind does not exist.
func (s *Server) Delete(_ context.Context, req *pulumirpc.DeleteRequest) (_ *emptypb.Empty, err error) {
	defer rescue(&err)
	urn := resource.URN(req.GetUrn())
	if s.cluster == nil {
		return s.deleteUnreachable(urn)
	}
	props, err := unmarshal(req.GetProperties())
	if err != nil {
		return nil, err
	}
	_, name, err := object.ParseID(req.GetId())
	if err != nil {
		return nil, err
	}
	state := object.ParseState(props)
	ctx, cancel := context.WithTimeout(s.ctx, object.Timeout(req.GetTimeout(), state.Inputs, deletionTimeout))
	defer cancel()
	await := !object.AnnotationIsTrue(state.Inputs, object.AnnotationSkipAwait) || !object.SkipsAwaitOfDeletion(state.Inputs)
	err = s.cluster.Delete(ctx, state.Live, name, object.DeletionPropagation(state.Inputs), await)
	switch {
	case err == nil, meta.IsNoMatchError(err):
		if object.IsCRD(state.Live) {
			s.cluster.Forget()
		}
		return &emptypb.Empty{}, nil
	case apierrors.IsForbidden(err) && s.settings.serverSideApply:
		return s.relinquish(urn, state, err)
	}
	var stuck *cluster.Stuck
	if !errors.As(err, &stuck) {
		return nil, err
	}
	last := state
	last.Inputs, last.Live = state.Live, stuck.Live
	fields, marshalErr := s.marshal(last.Properties(props))
	if marshalErr != nil {
		return nil, errors.Join(err, marshalErr)
	}
	return nil, initError(object.ID(stuck.Live), fields, nil, err, err)
}

// relinquish handles objects that nobody can delete, such as the namespace default: it releases the fields that this
// stack set.
func (s *Server) relinquish(urn resource.URN, state object.State, forbidden error) (*emptypb.Empty, error) {
	if err := s.cluster.Relinquish(s.ctx, state.Live, state.FieldManager); err != nil {
		return nil, errors.Join(forbidden, fmt.Errorf("cannot release the fields that this stack set: %w", err))
	}
	s.log(diag.Warning, urn, "the API server forbids deleting %s %q; instead, the fields that this stack had set on it were released",
		state.Live.GetKind(), object.ID(state.Live))
	return &emptypb.Empty{}, nil
}

func (s *Server) deleteUnreachable(urn resource.URN) (*emptypb.Empty, error) {
	s.log(diag.Warning, urn, "%v", s.unreachableError())
	if s.settings.deleteUnreachable {
		s.log(diag.Info, urn, "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. "+
			"Deleting the unreachable resource from Pulumi state")
		return &emptypb.Empty{}, nil
	}
	return nil, errors.New("configured Kubernetes cluster is unreachable. " + unreachableHelp)
}
