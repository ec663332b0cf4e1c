// Package lifecycle has what local and remote commands share: which command runs on create, update and delete.
package lifecycle

import "github.com/pulumi/pulumi-go-provider/infer"

// Environment variables that pass the output of the previous run to a command.
const (
	PreviousStdout = "PULUMI_COMMAND_STDOUT"
	PreviousStderr = "PULUMI_COMMAND_STDERR"
)

// Inputs are a resource's commands, and the triggers that replace it when they change.
type Inputs struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// Annotate describes the inputs in the schema.
func (i *Inputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Triggers, "Values of any type. The resource is replaced when one of them changes.")
	a.Describe(&i.Create, "The command to run when the resource is created, and on updates if `update` is not set.")
	a.Describe(&i.Update, "The command to run when an input changes. Defaults to `create`.")
	a.Describe(&i.Delete, "The command to run when the resource is deleted. "+
		PreviousStdout+" and "+PreviousStderr+" are set to the output of the last create or update.")
}

// OnUpdate returns the command to run when an input has changed, or nil.
func (i *Inputs) OnUpdate() *string {
	if i.Update != nil {
		return i.Update
	}
	return i.Create
}

// Outputs is the output of the last command that ran, without the final newlines.
type Outputs struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate describes the outputs in the schema.
func (o *Outputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Stdout, "The standard output of the command's process.")
	a.Describe(&o.Stderr, "The standard error of the command's process.")
}

// PreviousOutput returns the environment variables (name and value) for the output of the previous run, without the
// empty ones. pass is the input `addPreviousOutputInEnv`; nil counts as true.
func (o *Outputs) PreviousOutput(pass *bool) [][2]string {
	if pass != nil && !*pass {
		return nil
	}
	var variables [][2]string
	if o.Stdout != "" {
		variables = append(variables, [2]string{PreviousStdout, o.Stdout})
	}
	if o.Stderr != "" {
		variables = append(variables, [2]string{PreviousStderr, o.Stderr})
	}
	return variables
}
