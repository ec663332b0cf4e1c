package main

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
)

// withoutSecretValues lets no refused input show a secret. The engine prints the value of the property that a
// failure names, private keys of a connection included; a failure without a property prints its reason alone.
// Upstream does not do this: it is the one message that differs.
func withoutSecretValues(provider p.Provider) p.Provider {
	check := provider.Check
	provider.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		response, err := check(ctx, req)
		for i, failure := range response.Failures {
			given, checked := req.Inputs.Get(failure.Property), response.Inputs.Get(failure.Property)
			if given.HasSecrets() || checked.HasSecrets() {
				response.Failures[i] = p.CheckFailure{Reason: failure.Property + ": " + failure.Reason}
			}
		}
		return response, err
	}
	return provider
}
