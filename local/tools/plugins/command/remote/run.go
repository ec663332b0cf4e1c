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

// run runs one command on the machine (none if command is nil) and stores its output in the state. It fails when no
// connection can be made, the server refuses an environment variable, the exit status is not 0, the machine stops
// answering or ctx ends.
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

// start starts the command and writes stdin to it. As with a pipe, what the command does not read is dropped.
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

// setEnvironment sets the variables of the inputs, which the server must accept, and those with the output of the
// previous run, which it may refuse.
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

// causeOf returns the reason why ctx ended, if it has; otherwise err.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
