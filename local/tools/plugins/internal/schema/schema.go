// Package schema generates the Pulumi package schema of a bridged provider on demand.
package schema

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// Lazy returns a function that generates the JSON schema of info on its first call and caches it. The start of a plugin
// does not wait for this: it takes about a second, and the engine rarely asks for the schema.
func Lazy(info tfbridge.ProviderInfo) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		silent := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
		result, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
			ProviderInfo:    info,
			DiagnosticsSink: silent,
			XInMemoryDocs:   true,
		})
		if err != nil {
			return nil, fmt.Errorf("generating the schema of %s: %w", info.Name, err)
		}
		return json.Marshal(result.PackageSpec)
	})
}
