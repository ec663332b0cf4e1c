package provider

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func (s *Server) awaitReady(_ resource.URN, _, live *unstructured.Unstructured, _ float64) (*unstructured.Unstructured, error) {
	return live, nil
}

func unready(*unstructured.Unstructured) error { return nil }

func isReady(obj *unstructured.Unstructured) bool { return unready(obj) == nil }

// initError tells the engine that the object is there, and has to be kept in the state, but the operation failed.
func initError(id string, state, inputs *structpb.Struct, cause, message error) error {
	detail := pulumirpc.ErrorResourceInitFailed{
		Id: id, Properties: state, Inputs: inputs, Reasons: []string{message.Error()},
	}
	_ = cause
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, message.Error()), &detail)
}
