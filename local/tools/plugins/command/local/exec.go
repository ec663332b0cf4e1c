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

// terminationGrace is how long a cancelled command has to end before it is killed.
const terminationGrace = 2 * time.Second

// run runs one command and sets the outputs, which hold those of the run before. Errors: an interpreter or a
// directory that is missing, an exit status other than 0, a malformed pattern, the end of ctx.
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

// wait runs the command to its end. The end of ctx ends the whole process group: a shell's children hold its
// output open, and would keep us waiting for it.
func wait(ctx context.Context, cmd *exec.Cmd) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	// Go does this check by itself, but not for a process with attributes, and then blames the interpreter.
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
