// Package lifecycle holds what local and remote commands have in common: which command runs at which step.
package lifecycle

import "github.com/pulumi/pulumi-go-provider/infer"

// Names of the environment variables that hand a command the output of the run before it.
const (
	PreviousStdout = "PULUMI_COMMAND_STDOUT"
	PreviousStderr = "PULUMI_COMMAND_STDERR"
)

// Inputs are the commands of a resource, and the values whose change replaces it.
type Inputs struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// Annotate describes the inputs in the schema.
func (i *Inputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Triggers, "Values of any type; a change of one of them replaces the resource.")
	a.Describe(&i.Create, "The command to run when the resource is created, and on an update without `update`.")
	a.Describe(&i.Update, "The command to run when an input changes. Without it `create` runs again.")
	a.Describe(&i.Delete, "The command to run when the resource is deleted. "+
		PreviousStdout+" and "+PreviousStderr+" hold the output of the last create or update.")
}

// OnUpdate is the command to run when an input changed; nil when there is none.
func (i *Inputs) OnUpdate() *string {
	if i.Update != nil {
		return i.Update
	}
	return i.Create
}

// Outputs is what the last command that ran wrote, each without its final newline.
type Outputs struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate describes the outputs in the schema.
func (o *Outputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Stdout, "The standard output of the command's process.")
	a.Describe(&o.Stderr, "The standard error of the command's process.")
}

// PreviousOutput lists the environment variables that describe the run before, those with a value only. pass is
// the input `addPreviousOutputInEnv`, which counts as true when it is missing.
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
