package local

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"

	"hardway/local/tools/plugins/command/capture"
)

// terminationGrace is the time between the interruption of a cancelled command and its killing.
const terminationGrace = 2 * time.Second

// run runs one command and replaces the outputs, which hold those of the previous run. It fails when the interpreter or
// the directory is missing, the exit status is not 0, a pattern is malformed or ctx ends.
func run(ctx context.Context, command string, in *BaseInputs, out *BaseOutputs) error {
	cmd, err := prepare(command, in, out)
	if err != nil {
		return err
	}
	output := capture.New(ctx, capture.FromInput(in.Logging))
	cmd.Stdout, cmd.Stderr = output.Writers()
	err = wait(ctx, cmd)
	output.Close()
	if err != nil {
		return output.Failed(err, command)
	}
	if err := out.collect(cmd.Dir, in); err != nil {
		return err
	}
	out.Stdout, out.Stderr = output.Stdout(), output.Stderr()
	return nil
}

func prepare(command string, in *BaseInputs, out *BaseOutputs) (*exec.Cmd, error) {
	args := append(interpreter(in), command)
	cmd := exec.Command(args[0], args[1:]...)
	if in.Dir != nil {
		cmd.Dir = *in.Dir
	} else {
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		cmd.Dir = dir
	}
	cmd.Env = os.Environ()
	if in.Environment != nil {
		for name, value := range *in.Environment {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	for _, variable := range out.PreviousOutput(in.AddPreviousOutputInEnv) {
		cmd.Env = append(cmd.Env, variable[0]+"="+variable[1])
	}
	if in.Stdin != nil && *in.Stdin != "" {
		cmd.Stdin = strings.NewReader(*in.Stdin)
	}
	return cmd, nil
}

func interpreter(in *BaseInputs) []string {
	if in.Interpreter != nil && len(*in.Interpreter) > 0 {
		return append([]string(nil), *in.Interpreter...)
	}
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/C"}
	}
	return []string{"/bin/sh", "-c"}
}

// wait starts the command and waits until it ends. When ctx ends, wait stops the whole process group, because a shell's
// children keep its output open and cmd.Wait would wait for them.
func wait(ctx context.Context, cmd *exec.Cmd) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	// Go checks this itself, but not for a process with attributes: the error would then name the interpreter.
	if _, err := os.Stat(cmd.Dir); err != nil {
		return &os.PathError{Op: "chdir", Path: cmd.Dir, Err: errors.Unwrap(err)}
	}
	cmdutil.RegisterProcessGroup(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		cmdutil.InterruptChildren(cmd.Process.Pid)
		select {
		case <-ended:
		case <-time.After(terminationGrace):
			_ = cmdutil.KillChildren(cmd.Process.Pid)
		}
	})()
	err := cmd.Wait()
	close(ended)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
