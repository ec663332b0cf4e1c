// Command pulumi-resource-kubernetes is a Pulumi resource plugin for Kubernetes objects, with the inputs, outputs and
// rules of the official one of the version it is built as.
package main

import (
	"fmt"
	"os"

	"github.com/go-logr/logr/funcr"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	host "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/klog/v2"

	"hardway/local/tools/plugins/kubernetes/internal/provider"
)

// version is that of the npm package @pulumi/kubernetes that drives the plugin: -ldflags "-X main.version=4.34.2".
var version = "0.0.0"

func main() {
	// The engine shows a plugin's standard error to the user; what client-go says there is in the errors it returns.
	klog.SetLogger(funcr.New(func(_, args string) { logging.V(7).Infof("client-go: %s", args) }, funcr.Options{}))
	err := host.Main("kubernetes", func(engine *host.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return provider.New(version, engine), nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
