// Command pulumi-resource-kubernetes is a Pulumi resource plugin for Kubernetes objects. Its inputs, outputs and rules
// are those of the official plugin of the same version.
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

// version is the version of the npm package @pulumi/kubernetes. The build sets it: -ldflags "-X main.version=4.34.2".
var version = "0.0.0"

func main() {
	// The engine shows a plugin's stderr to the user. client-go's messages are not needed there: its errors repeat them.
	klog.SetLogger(funcr.New(func(_, args string) { logging.V(7).Infof("client-go: %s", args) }, funcr.Options{}))
	err := host.Main("kubernetes", func(engine *host.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return provider.New(version, engine), nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
