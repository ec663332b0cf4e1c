package main

import (
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"hardway/local/tools/plugins/command/local"
	"hardway/local/tools/plugins/command/remote"
)

// packageName is the first part of every token: command:remote:Command.
const packageName = "command"

// newProvider registers the resources and functions. The names of the Go packages become the modules `local` and
// `remote` of the tokens.
func newProvider() (p.Provider, error) {
	provider, err := infer.NewProviderBuilder().
		WithDisplayName("Command").
		WithDescription("Runs commands and copies files, on this machine or over SSH.").
		WithLicense("Apache-2.0").
		WithResources(
			infer.Resource(&local.Command{}),
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
			infer.Resource(&remote.CopyFile{}),
		).
		WithFunctions(infer.Function(&local.Run{})).
		Build()
	return withoutSecretValues(provider), err
}
