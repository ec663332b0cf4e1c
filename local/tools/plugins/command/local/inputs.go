// Package local holds the resources and functions of the module `local`: commands that run on this machine.
package local

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"hardway/local/tools/plugins/command/lifecycle"
)

// BaseInputs are the inputs that all local commands have.
type BaseInputs struct {
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

const globRules = " Directories are not matched. `*` matches everything but `/`, `**` matches everything. A pattern that " +
	"starts with `!` excludes files that earlier patterns included. Paths are relative to the working directory."

// Annotate describes the inputs in the schema and sets their defaults.
func (i *BaseInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Stdin, "The standard input of the command.")
	a.Describe(&i.Logging, "Which output is logged. Defaults to both streams. "+
		"The outputs `stdout` and `stderr` are set in any case.")
	a.Describe(&i.Interpreter, "The program to run and its arguments; the command is added as the last argument. "+
		"Defaults to `[\"/bin/sh\", \"-c\"]`, on Windows to `[\"cmd\", \"/C\"]`.")
	a.Describe(&i.Dir, "The directory to run in. It must exist.")
	a.Describe(&i.Environment, "Environment variables of the command, in addition to those of the plugin.")
	a.Describe(&i.AssetPaths, "Patterns of files to return as assets after the command."+globRules)
	a.Describe(&i.ArchivePaths, "Patterns of files to return as one archive after the command."+globRules)
	a.Describe(&i.AddPreviousOutputInEnv, "Whether "+lifecycle.PreviousStdout+" and "+lifecycle.PreviousStderr+
		" are set to the output of the previous run. Defaults to true.")
	a.SetDefault(&i.AddPreviousOutputInEnv, true)
}

// BaseOutputs are the outputs that all local commands have.
type BaseOutputs struct {
	lifecycle.Outputs
	Assets  *map[string]types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                `pulumi:"archive,optional"`
}

// Annotate describes the outputs in the schema.
func (o *BaseOutputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Assets, "The files that matched `assetPaths`, by their path relative to the working directory.")
	a.Describe(&o.Archive, "The files that matched `archivePaths`.")
}
