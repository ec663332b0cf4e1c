package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"hardway/local/tools/plugins/command/lifecycle"
)

// Command is the resource command:remote:Command: commands that run on another machine. It has no Read: a refresh
// keeps the state as it is, without a look at the machine.
type Command struct{}

var (
	_ infer.CustomResource[CommandInputs, CommandOutputs] = (*Command)(nil)
	_ infer.CustomUpdate[CommandInputs, CommandOutputs]   = (*Command)(nil)
	_ infer.CustomDelete[CommandOutputs]                  = (*Command)(nil)
)

// Annotate describes the resource in the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command to run on a remote machine, over SSH.")
}

// CommandInputs are the inputs of command:remote:Command.
type CommandInputs struct {
	lifecycle.Inputs
	Stdin                  *string           `pulumi:"stdin,optional"`
	Logging                *Logging          `pulumi:"logging,optional"`
	Connection             *Connection       `pulumi:"connection" provider:"secret"`
	Environment            map[string]string `pulumi:"environment,optional"`
	AddPreviousOutputInEnv *bool             `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate describes the inputs in the schema and sets their defaults.
func (i *CommandInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Stdin, "What the command reads from its standard input.")
	a.Describe(&i.Logging, "Which output goes to the log; both streams by default. "+
		"The outputs `stdout` and `stderr` are kept in any case.")
	a.Describe(&i.Connection, "How to connect to the machine.")
	a.Describe(&i.Environment, "Environment variables of the command. The SSH server must allow them by AcceptEnv.")
	a.Describe(&i.AddPreviousOutputInEnv, "Whether "+lifecycle.PreviousStdout+" and "+lifecycle.PreviousStderr+
		" hold the output of the run before. Defaults to true.")
	a.SetDefault(&i.AddPreviousOutputInEnv, true)
}

// CommandOutputs is the state of command:remote:Command.
type CommandOutputs struct {
	CommandInputs
	lifecycle.Outputs
}

// Create runs the command `create`, if there is one.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun {
		err = state.run(ctx, req.Inputs.Create)
	}
	return infer.CreateResponse[CommandOutputs]{ID: id, Output: state}, err
}

// Update runs `update`, or else `create`, and keeps the old output when there is neither.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs, Outputs: req.State.Outputs}
	var err error
	if !req.DryRun {
		err = state.run(ctx, req.Inputs.OnUpdate())
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete runs `delete`, if there is one. A machine that is gone fails it, as upstream.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[CommandOutputs]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, req.State.run(ctx, req.State.Inputs.Delete)
}
