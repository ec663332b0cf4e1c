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

// parseKubeconfig takes a kubeconfig's contents (YAML or JSON) or the path of a file that holds them; a path may
// start with ~. The errors do not quote the contents.
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

// kubeconfigOf reads the kubeconfig out of provider inputs: text, or an object. Nil when there is none.
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
			return nil, errors.New("failed to parse kubeconfig: the object cannot be written as JSON")
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

// activeCluster finds the cluster that provider inputs lead to: that of the input `cluster`, else of the context that
// the input `context` or the kubeconfig itself selects. Nil when the kubeconfig does not say.
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
