// pulumi-resource-tls is the resource plugin of @pulumi/tls: HashiCorp's tls provider behind Pulumi's terraform bridge.
package main

import (
	"context"

	"github.com/hashicorp/terraform-provider-tls/shim"
	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"hardway/local/tools/plugins/internal/schema"
)

// version is the version of the npm package @pulumi/tls. The linker sets it.
var version = "0.0.0-dev"

func main() {
	ctx := context.Background()
	info := providerInfo()
	generate := schema.Lazy(info)
	pf.Main(ctx, "tls", info, pf.ProviderMetadata{
		XGetSchema: func(context.Context, plugin.GetSchemaRequest) ([]byte, error) { return generate() },
	})
}

func providerInfo() tfbridge.ProviderInfo {
	return tfbridge.ProviderInfo{
		P:           pf.ShimProvider(shim.NewProvider()),
		Name:        "tls",
		Version:     version,
		Description: "A Pulumi package to create TLS resources in Pulumi programs.",
		Resources: map[string]*tfbridge.ResourceInfo{
			"tls_private_key":         {Tok: tokens.Type("tls:index/privateKey:PrivateKey")},
			"tls_cert_request":        {Tok: tokens.Type("tls:index/certRequest:CertRequest")},
			"tls_self_signed_cert":    {Tok: tokens.Type("tls:index/selfSignedCert:SelfSignedCert")},
			"tls_locally_signed_cert": {Tok: tokens.Type("tls:index/locallySignedCert:LocallySignedCert")},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"tls_public_key":  {Tok: tokens.ModuleMember("tls:index/getPublicKey:getPublicKey")},
			"tls_certificate": {Tok: tokens.ModuleMember("tls:index/getCertificate:getCertificate")},
		},
		MetadataInfo:                   tfbridge.NewProviderMetadata([]byte("{}")),
		EnableZeroDefaultSchemaVersion: true,
	}
}
