// Package provider is the Pulumi resource provider: it answers the engine's calls, keeps to upstream's rules, and
// leaves the talking to the API server to package cluster.
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
)

// Server is one provider instance. After Configure its settings do not change, and its calls may run concurrently.
type Server struct {
	pulumirpc.UnimplementedResourceProviderServer
	version string

	// ctx ends when the engine cancels the update.
	ctx    context.Context
	cancel context.CancelFunc

	hostLock sync.Mutex
	host     *provider.HostClient

	settings settings
	// namespace is where namespaced objects go that name none: the provider's, else the kubeconfig's.
	namespace string
	// cluster is nil, and unreachable says why, when the API server could not be used at Configure.
	cluster     *cluster.Cluster
	unreachable string
}

// New makes a provider that is yet to be configured. The host may be nil until Attach.
func New(version string, host *provider.HostClient) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	return &Server{version: version, host: host, ctx: ctx, cancel: cancel}
}

func (s *Server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: s.version}, nil
}

// Attach gives the engine's address to a plugin that was started without it.
func (s *Server) Attach(_ context.Context, req *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	host, err := provider.NewHostClient(req.GetAddress())
	if err != nil {
		return nil, fmt.Errorf("attaching to the engine at %q: %w", req.GetAddress(), err)
	}
	s.hostLock.Lock()
	defer s.hostLock.Unlock()
	s.host = host
	return &emptypb.Empty{}, nil
}

// Cancel aborts what is going on: waits end with an error that says so.
func (s *Server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	s.cancel()
	return &emptypb.Empty{}, nil
}

func (s *Server) GetMapping(context.Context, *pulumirpc.GetMappingRequest) (*pulumirpc.GetMappingResponse, error) {
	return &pulumirpc.GetMappingResponse{}, nil
}

func (s *Server) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, status.Errorf(codes.Unimplemented, "%s: this build of the Kubernetes provider has no Helm, Kustomize "+
		"and YAML functions: declare the objects themselves, or use the official plugin", req.GetTok())
}

func (s *Server) Construct(_ context.Context, req *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	return nil, status.Errorf(codes.Unimplemented, "%s: this build of the Kubernetes provider has no Helm, Kustomize "+
		"and YAML components: declare the objects themselves, or use the official plugin", req.GetType())
}

func (s *Server) log(severity diag.Severity, urn resource.URN, format string, args ...any) {
	s.send(func(h *provider.HostClient) error { return h.Log(s.ctx, severity, urn, fmt.Sprintf(format, args...)) })
}

// progress shows a message beside the resource while it is worked on; "" clears it.
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
		logging.V(3).Infof("the engine did not take a message: %v", err)
	}
}

// rescue turns a panic into the call's error, so that odd input to one resource does not end the others' work.
func rescue(err *error) {
	if cause := recover(); cause != nil {
		logging.V(3).Infof("%v\n%s", cause, debug.Stack())
		*err = status.Errorf(codes.Internal, "the Kubernetes provider met a value it cannot handle, please report it: %v", cause)
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
