package provider

import (
	"context"
	"fmt"
	"os"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientapi "k8s.io/client-go/tools/clientcmd/api"

	"hardway/local/tools/plugins/kubernetes/internal/cluster"
)

// Configure reads the settings and connects to the API server. It succeeds even if that fails: previews work without
// the server, and the calls that need it return the reason. While an input of the provider is unknown, the engine does
// not call Configure and previews by itself.
func (s *Server) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (_ *pulumirpc.ConfigureResponse, err error) {
	defer rescue(&err)
	variables := req.GetVariables()
	s.settings, err = readSettings(variables)
	if err != nil {
		return nil, err
	}
	s.settings.acceptSecrets = req.GetAcceptSecrets()
	s.namespace = variables[variablePrefix+"namespace"]

	loaded, err := clientConfig(variables)
	if err != nil {
		s.unreachable = fmt.Sprintf("failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- %v", err)
	} else {
		if namespace, _, err := loaded.Namespace(); err == nil {
			s.namespace = namespace
		}
		s.connect(loaded)
	}
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets:                   true,
		SupportsPreview:                 true,
		SupportsAutonamingConfiguration: true,
	}, nil
}

func (s *Server) connect(loaded clientcmd.ClientConfig) {
	config, err := loaded.ClientConfig()
	if err != nil {
		s.unreachable = fmt.Sprintf("unable to load Kubernetes client configuration from kubeconfig file. Make sure you have: \n\n"+
			" \t • set up the provider as per https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/ \n\n %v", err)
		return
	}
	config.Burst = *s.settings.client.Burst
	config.QPS = float32(*s.settings.client.QPS)
	if s.settings.client.Timeout != nil {
		config.Timeout = time.Duration(*s.settings.client.Timeout) * time.Second
	}
	config.WarningHandlerWithContext = rest.NoWarnings{}
	config.UserAgent = "pulumi-kubernetes/" + s.version
	connected, err := cluster.Connect(config)
	if err != nil {
		s.unreachable = fmt.Sprintf("unable to load schema information from the API server: %v", err)
		return
	}
	s.cluster = connected
}

// clientConfig loads the provider's kubeconfig. Without one it uses what kubectl would use: $KUBECONFIG, ~/.kube/config
// or the Pod's service account.
func clientConfig(variables map[string]string) (clientcmd.ClientConfig, error) {
	overrides := &clientcmd.ConfigOverrides{
		Context: clientapi.Context{
			Cluster:   variables[variablePrefix+"cluster"],
			Namespace: variables[variablePrefix+"namespace"],
		},
		CurrentContext: variables[variablePrefix+"context"],
	}
	if given := variables[variablePrefix+"kubeconfig"]; given != "" {
		config, err := parseKubeconfig(given)
		if err != nil {
			return nil, err
		}
		return clientcmd.NewDefaultClientConfig(*config, overrides), nil
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.DefaultClientConfig = &clientcmd.DefaultClientConfig
	return clientcmd.NewInteractiveDeferredLoadingClientConfig(rules, overrides, os.Stdin), nil
}
