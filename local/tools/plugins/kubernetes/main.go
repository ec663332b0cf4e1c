// Command pulumi-resource-kubernetes is a Pulumi resource plugin for Kubernetes objects, with the inputs, outputs and
// rules of the official one of the version it is built as.
package main

import (
	"fmt"
	"os"

	host "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"hardway/local/tools/plugins/kubernetes/internal/provider"
)

// version is that of the npm package @pulumi/kubernetes that drives the plugin: -ldflags "-X main.version=4.34.2".
var version = "0.0.0"

func main() {
	err := host.Main("kubernetes", func(engine *host.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return provider.New(version, engine), nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
