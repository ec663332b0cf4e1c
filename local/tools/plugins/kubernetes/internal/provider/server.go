// Package provider is the Pulumi resource provider. It answers the engine's calls according to upstream's rules, and
// uses package cluster to talk to the API server.
package provider

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"hardway/local/tools/plugins/kubernetes/internal/cluster"
	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Server is one provider instance. After Configure, its settings do not change and its calls may run concurrently.
type Server struct {
	pulumirpc.UnimplementedResourceProviderServer
	version string

	// ctx ends when the engine cancels the update.
	ctx    context.Context
	cancel context.CancelFunc

	hostLock sync.Mutex
	host     *provider.HostClient

	settings settings
	// namespace is the default namespace: the provider's, else the kubeconfig's.
	namespace string
	// cluster is nil if Configure could not use the API server; unreachable then says why.
	cluster     *cluster.Cluster
	unreachable string
}

// New returns a provider that is not configured yet. The host may be nil until Attach.
func New(version string, host *provider.HostClient) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	return &Server{version: version, host: host, ctx: ctx, cancel: cancel}
}

// GetPluginInfo returns the plugin's version.
func (s *Server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: s.version}, nil
}

// Attach connects a plugin that was started without the engine's address to the engine.
func (s *Server) Attach(_ context.Context, req *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	host, err := provider.NewHostClient(req.GetAddress())
	if err != nil {
		return nil, fmt.Errorf("cannot attach to the engine at %q: %w", req.GetAddress(), err)
	}
	s.hostLock.Lock()
	defer s.hostLock.Unlock()
	s.host = host
	return &emptypb.Empty{}, nil
}

// Cancel cancels all calls. Their errors say so.
func (s *Server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	s.cancel()
	return &emptypb.Empty{}, nil
}

// GetMapping returns an empty mapping: there is no conversion from Terraform.
func (s *Server) GetMapping(context.Context, *pulumirpc.GetMappingRequest) (*pulumirpc.GetMappingResponse, error) {
	return &pulumirpc.GetMappingResponse{}, nil
}

// Invoke refuses all functions.
func (s *Server) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, unimplemented(req.GetTok(), "functions")
}

// Construct refuses all components.
func (s *Server) Construct(_ context.Context, req *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	return nil, unimplemented(req.GetType(), "components")
}

func unimplemented(token, what string) error {
	err := object.Unsupported(token, "Helm, Kustomize and YAML "+what, "declare the Kubernetes objects themselves")
	return status.Error(codes.Unimplemented, err.Error())
}

func (s *Server) log(severity diag.Severity, urn resource.URN, format string, args ...any) {
	s.send(func(h *provider.HostClient) error { return h.Log(s.ctx, severity, urn, fmt.Sprintf(format, args...)) })
}

// progress shows a message next to the resource while an operation runs. "" clears it.
func (s *Server) progress(urn resource.URN, message string) {
	s.send(func(h *provider.HostClient) error { return h.LogStatus(s.ctx, diag.Info, urn, message) })
}

func (s *Server) send(message func(*provider.HostClient) error) {
	s.hostLock.Lock()
	host := s.host
	s.hostLock.Unlock()
	if host == nil {
		return
	}
	if err := message(host); err != nil {
		logging.V(3).Infof("the engine did not accept a message: %v", err)
	}
}

// rescue turns a panic into the call's error, so that unexpected input for one resource does not affect the others.
func rescue(err *error) {
	if cause := recover(); cause != nil {
		logging.V(3).Infof("%v\n%s", cause, debug.Stack())
		*err = status.Errorf(codes.Internal, "the Kubernetes provider cannot handle a value; please report this: %v", cause)
	}
}

func unmarshal(fields *structpb.Struct) (resource.PropertyMap, error) {
	props, err := plugin.UnmarshalProperties(fields, plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, SkipNulls: true,
	})
	if err != nil {
		return nil, fmt.Errorf("malformed resource properties: %w", err)
	}
	return props, nil
}

func (s *Server) marshal(props resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(props, plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: s.settings.acceptSecrets, SkipNulls: true,
	})
}
