package main

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
)

// withoutSecretValues keeps secrets out of the messages about refused inputs. When a failure names a property, the
// engine prints the property's value, for example the private keys of a connection. For secret inputs this moves the
// property's name into the reason, which is then all that the engine prints. Upstream does not do this.
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
