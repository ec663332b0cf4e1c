// Package shim hands out the constructor of HashiCorp's tls provider, which that module keeps in an internal package.
// Go lets a module below the same path import it, and go.mod puts this directory there with a replace directive.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"
	tls "github.com/hashicorp/terraform-provider-tls/internal/provider"
)

// NewProvider returns HashiCorp's tls provider.
func NewProvider() provider.Provider { return tls.New() }
