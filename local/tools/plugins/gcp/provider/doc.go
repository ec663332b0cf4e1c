// Package provider is Google's own provider package without the file that imports all of its 170 services.
//
// The builder lays the remaining files of github.com/hashicorp/terraform-provider-google/google/provider over this
// directory (go build -overlay), so that only the services named by this plugin are compiled and linked.
package provider
