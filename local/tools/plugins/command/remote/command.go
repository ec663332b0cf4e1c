package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"hardway/local/tools/plugins/command/lifecycle"
)

// Command is the resource command:remote:Command: commands that run on another machine. It has no Read, so a refresh
// keeps the state as it is and does not connect to the machine.
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
	a.Describe(&i.Stdin, "The standard input of the command.")
	a.Describe(&i.Logging, "Which output is logged. Defaults to both streams. "+
		"The outputs `stdout` and `stderr` are set in any case.")
	a.Describe(&i.Connection, "How to connect to the machine.")
	a.Describe(&i.Environment, "Environment variables of the command. The SSH server must accept them (AcceptEnv).")
	a.Describe(&i.AddPreviousOutputInEnv, "Whether "+lifecycle.PreviousStdout+" and "+lifecycle.PreviousStderr+
		" are set to the output of the previous run. Defaults to true.")
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

// Update runs `update`, or `create` if there is no `update`. Without either, the old output stays.
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

// Delete runs `delete`, if there is one. As upstream, it fails when the machine no longer exists.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[CommandOutputs]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, req.State.run(ctx, req.State.Inputs.Delete)
}
