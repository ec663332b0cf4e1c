// pulumi-resource-gcp is the resource plugin of @pulumi/gcp: Google's own provider behind Pulumi's terraform bridge,
// limited to the Compute Engine resources that a control plane needs.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/pkg/v3/resource/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"hardway/local/tools/plugins/internal/schema"
)

// version is the version of the npm package @pulumi/gcp. The linker sets it.
var version = "0.0.0-dev"

func main() {
	if len(os.Args) == 2 && (os.Args[1] == "-version" || os.Args[1] == "--version") {
		fmt.Println(version)
		return
	}
	info := providerInfo()
	generate := schema.Lazy(info)
	ctx := context.Background()
	info.P.InitLogging(ctx)
	err := provider.Main("gcp", func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		server := tfbridge.NewProvider(ctx, host, "gcp", version, info.P, info, nil)
		return &withSchema{ResourceProviderServer: server, generate: generate}, nil
	})
	if err != nil {
		cmdutil.ExitError(err.Error())
	}
}

// withSchema answers GetSchema with a schema generated on demand.
type withSchema struct {
	pulumirpc.ResourceProviderServer
	generate func() ([]byte, error)
}

func (s *withSchema) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	spec, err := s.generate()
	if err != nil {
		return nil, err
	}
	return &pulumirpc.GetSchemaResponse{Schema: string(spec)}, nil
}
