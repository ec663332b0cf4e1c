package remote

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"hardway/local/tools/plugins/command/capture"
	"hardway/local/tools/plugins/command/lifecycle"
)

// terminationGrace is how long a cancelled command has to end after SIGTERM before its connection is closed.
const terminationGrace = 2 * time.Second

// run runs one command on the machine, nil meaning none, and keeps its output in the state. Errors: no connection,
// an environment variable that the server refuses, an exit status other than 0, a machine that falls silent, the end
// of ctx.
func (o *CommandOutputs) run(ctx context.Context, command *string) error {
	if command == nil {
		return nil
	}
	client, err := o.Connection.dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx = client.ctx

	var running atomic.Pointer[ssh.Session]
	ended := make(chan struct{})
	release := context.AfterFunc(ctx, func() {
		if session := running.Load(); session != nil {
			go session.Signal(ssh.SIGTERM)
			select {
			case <-ended:
			case <-time.After(terminationGrace):
			}
		}
		client.Close()
	})
	defer release()
	defer close(ended)

	session, err := client.NewSession()
	if err != nil {
		return causeOf(ctx, err)
	}
	if err := o.setEnvironment(ctx, session); err != nil {
		return causeOf(ctx, err)
	}

	output := capture.New(ctx, capture.FromInput(o.Logging))
	session.Stdout, session.Stderr = output.Writers()
	err = start(session, *command, valueOr(o.Stdin, ""))
	if err == nil {
		running.Store(session)
		err = session.Wait()
	}
	output.Close()
	if err != nil {
		return output.Failed(causeOf(ctx, err), *command)
	}
	o.Outputs = lifecycle.Outputs{Stdout: output.Stdout(), Stderr: output.Stderr()}
	return nil
}

// start begins the command and feeds it. What it does not read is dropped, as at the end of a pipe.
func start(session *ssh.Session, command, stdin string) error {
	if stdin == "" {
		return session.Start(command)
	}
	pipe, err := session.StdinPipe()
	if err != nil {
		return err
	}
	if err := session.Start(command); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(pipe, strings.NewReader(stdin))
		_ = pipe.Close()
	}()
	return nil
}

// setEnvironment sets the variables of the inputs, each of which must be taken, and those about the run before,
// which the server may refuse.
func (o *CommandOutputs) setEnvironment(ctx context.Context, session *ssh.Session) error {
	for _, name := range slices.Sorted(maps.Keys(o.Environment)) {
		if err := session.Setenv(name, o.Environment[name]); err != nil {
			p.GetLogger(ctx).Error(refusedVariable(name))
			return fmt.Errorf("could not set environment variable %q: %w", name, err)
		}
	}
	for _, variable := range o.PreviousOutput(o.AddPreviousOutputInEnv) {
		if err := session.Setenv(variable[0], variable[1]); err != nil {
			p.GetLogger(ctx).Warning(refusedVariable(variable[0]))
		}
	}
	return nil
}

func refusedVariable(name string) string {
	return fmt.Sprintf("Unable to set '%s'. This only works if the SSH server is configured to accept it via AcceptEnv. "+
		"If a shell runs the command on the remote host, the command itself can set it: 'VAR=value command'", name)
}

// causeOf is why ctx ended, when that is what made err happen.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
