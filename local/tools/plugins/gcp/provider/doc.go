// Package provider is Google's own provider package without the file that imports all of its 170 services.
//
// The build overlays the remaining files of github.com/hashicorp/terraform-provider-google/google/provider onto this
// directory (go build -overlay), so that only the services that this plugin imports are compiled and linked.
package provider
