// Command pulumi-resource-command is a Pulumi resource plugin that runs commands and copies files, on this machine
// or over SSH. It serves the npm package @pulumi/command 1.2.1 and can replace Pulumi's own plugin of that version:
// a stack deployed with either plugin previews without changes with the other.
package main

import (
	"context"
	"fmt"
	"os"
)

// version is what the plugin reports to the engine. The build sets it with -ldflags "-X main.version=...".
var version = "1.2.1"

func main() {
	provider, err := newProvider()
	if err == nil {
		err = provider.Run(context.Background(), packageName, version)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "Error: %s\n", err)
		os.Exit(1)
	}
}
