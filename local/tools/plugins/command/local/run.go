package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run is the function command:local:run: a command that runs during each preview and each update.
type Run struct{}

var _ infer.Fn[RunInputs, RunOutputs] = (*Run)(nil)

// Annotate describes the function in the schema.
func (r *Run) Annotate(a infer.Annotator) {
	a.Describe(&r, "A command to run on this machine during each preview and each update.")
}

// RunInputs are the inputs of command:local:run.
type RunInputs struct {
	BaseInputs
	Command string `pulumi:"command"`
}

// Annotate describes the inputs in the schema.
func (i *RunInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Command, "The command to run.")
}

// RunOutputs is the result of command:local:run.
type RunOutputs struct {
	RunInputs
	BaseOutputs
}

// Invoke runs the command.
func (*Run) Invoke(
	ctx context.Context, req infer.FunctionRequest[RunInputs],
) (infer.FunctionResponse[RunOutputs], error) {
	result := RunOutputs{RunInputs: req.Input}
	err := run(ctx, req.Input.Command, &result.BaseInputs, &result.BaseOutputs)
	return infer.FunctionResponse[RunOutputs]{Output: result}, err
}
