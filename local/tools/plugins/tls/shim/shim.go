// Package shim exports the constructor of HashiCorp's tls provider, which is in an internal package. Go allows the
// import because this module's path lies below the provider's; a replace directive in ../../go.mod maps that path to
// this directory.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"
	tls "github.com/hashicorp/terraform-provider-tls/internal/provider"
)

// NewProvider returns HashiCorp's tls provider.
func NewProvider() provider.Provider { return tls.New() }
