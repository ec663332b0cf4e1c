package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/client-go/tools/clientcmd"
	clientapi "k8s.io/client-go/tools/clientcmd/api"
)

// parseKubeconfig accepts a kubeconfig (YAML or JSON) or the path of one, which may start with ~. Errors do not quote
// the contents.
func parseKubeconfig(pathOrContents string) (*clientapi.Config, error) {
	path := pathOrContents
	if path == "~" || strings.HasPrefix(path, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, path[1:])
		}
	}
	if _, err := os.Stat(path); err == nil {
		contents, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return clientcmd.Load(contents)
	}
	return clientcmd.Load([]byte(pathOrContents))
}

// kubeconfigOf returns the kubeconfig in the provider's inputs, which is a string or an object, or nil if there is
// none.
func kubeconfigOf(inputs resource.PropertyMap) (*clientapi.Config, error) {
	switch value := inputs["kubeconfig"]; {
	case value.IsNull(), value.IsString() && value.StringValue() == "":
		return nil, nil
	case value.IsString():
		config, err := parseKubeconfig(value.StringValue())
		if err != nil {
			return nil, fmt.Errorf("failed to parse kubeconfig: %w", err)
		}
		return config, nil
	case value.IsObject():
		contents, err := json.Marshal(value.ObjectValue().Mappable())
		if err != nil {
			return nil, errors.New("failed to parse kubeconfig: cannot convert the object to JSON")
		}
		config, err := clientcmd.Load(contents)
		if err != nil {
			return nil, fmt.Errorf("failed to parse kubeconfig: %w", err)
		}
		return config, nil
	default:
		return nil, fmt.Errorf("unexpected kubeconfig format, type: %v", value.TypeString())
	}
}

// activeCluster returns the cluster that the provider's inputs select: the one named by the input `cluster`, else that
// of the input `context`, else that of the kubeconfig's current context. It is nil if the kubeconfig has no such entry.
func activeCluster(config *clientapi.Config, inputs resource.PropertyMap) *clientapi.Cluster {
	if config == nil {
		return nil
	}
	selected := config.CurrentContext
	if value := inputs["context"]; value.IsString() {
		selected = value.StringValue()
	}
	context := config.Contexts[selected]
	if context == nil {
		return nil
	}
	if value := inputs["cluster"]; value.IsString() {
		return config.Clusters[value.StringValue()]
	}
	return config.Clusters[context.Cluster]
}
