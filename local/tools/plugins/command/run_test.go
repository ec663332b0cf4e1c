package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"hardway/local/tools/plugins/command/internal/sshtest"
)

func TestStdin(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	large := strings.Repeat("0123456789abcde\n", 300_000)
	for name, test := range map[string]struct{ command, stdin, want string }{
		"text":               {"cat", "hello\nworld\n", "hello\nworld"},
		"none":               {"cat; echo end", "", "end"},
		"4.8 MB":             {"wc -c", large, strconv.Itoa(len(large))},
		"stdin not read":     {"echo done", large, "done"},
		"stdin read in part": {"head -c 5", large, "01234"},
		"one newline kept":   {"cat", "a\n\n", "a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			made := e.create(remoteCommand, props{"connection": connectionTo(server), "create": test.command, "stdin": test.stdin})
			if got := text(t, made.outputs, "stdout"); got != test.want {
				t.Errorf("stdout %q", got)
			}
		})
	}
}

func TestFailedCommand(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	for name, test := range map[string]struct{ command, want string }{
		"exit status": {`echo out; echo err >&2; exit 3`,
			"Process exited with status 3: running \"echo out; echo err >&2; exit 3\":\n"},
		"signal": {"kill -TERM $$", "Process exited with status 143 from signal TERM: running \"kill -TERM $$\":\n"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := e.tryCreate(remoteCommand, props{"connection": connectionTo(server), "create": test.command})
			wantError(t, err, test.want)
		})
	}
	_, err := e.tryCreate(remoteCommand, props{"connection": connectionTo(server), "create": "echo out; echo err >&2; exit 1"})
	wantError(t, err, "out\n", "err\n")

	made := e.create(remoteCommand, props{"connection": connectionTo(server), "create": "true", "delete": "exit 4"})
	_, err = e.updateWith(made, props{"connection": connectionTo(server), "update": "exit 5"}, false)
	wantError(t, err, "Process exited with status 5: running \"exit 5\"")
	wantError(t, e.delete(made), "Process exited with status 4: running \"exit 4\"")
}

func TestEnvironment(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{AcceptEnv: []string{"GREETING", "NAME"}}).Start(t)
	run := func(environment props) (*state, error) {
		return e.tryCreate(remoteCommand, props{
			"connection": connectionTo(server), "create": `echo "$GREETING $NAME"`, "environment": environment,
		})
	}
	made, err := run(props{"GREETING": "hello", "NAME": "it's me"})
	must(t, err)
	if got := text(t, made.outputs, "stdout"); got != "hello it's me" {
		t.Errorf("stdout %q", got)
	}
	_, err = run(props{"GREETING": "hello", "SECRET": "hush"})
	wantError(t, err, `could not set environment variable "SECRET": ssh: setenv failed`)
	if logs := strings.Join(e.logs(), "\n"); !strings.Contains(logs, "Unable to set 'SECRET'") || strings.Contains(logs, "hush") {
		t.Errorf("logs %q", logs)
	}
}

func TestPreviousOutput(t *testing.T) {
	const show = `echo "[$PULUMI_COMMAND_STDOUT|$PULUMI_COMMAND_STDERR]"`
	for name, test := range map[string]struct {
		acceptEnv []string
		pass      any
		want      string
		warnings  int
	}{
		"passed":            {[]string{"PULUMI_COMMAND_STDOUT", "PULUMI_COMMAND_STDERR"}, nil, "[made|careful]", 0},
		"switched off":      {[]string{"PULUMI_COMMAND_STDOUT", "PULUMI_COMMAND_STDERR"}, false, "[|]", 0},
		"refused by server": {nil, true, "[|]", 2},
	} {
		t.Run(name, func(t *testing.T) {
			e := startEngine(t)
			server := (&sshtest.Server{AcceptEnv: test.acceptEnv}).Start(t)
			inputs := props{"connection": connectionTo(server), "create": "echo made; echo careful >&2", "update": show}
			if test.pass != nil {
				inputs["addPreviousOutputInEnv"] = test.pass
			}
			updated := e.update(e.create(remoteCommand, inputs), inputs)
			if got := text(t, updated.outputs, "stdout"); got != test.want {
				t.Errorf("stdout %q", got)
			}
			warnings := 0
			for _, message := range e.logs() {
				if strings.HasPrefix(message, "Unable to set 'PULUMI_COMMAND_STD") {
					warnings++
				}
			}
			if warnings != test.warnings {
				t.Errorf("%d warnings in %q", warnings, e.logs())
			}
		})
	}
}

func TestLogging(t *testing.T) {
	for logging, want := range map[string][]string{
		"":                {"err 1", "err 2", "out 1", "out 2"},
		"stdoutAndStderr": {"err 1", "err 2", "out 1", "out 2"},
		"stdout":          {"out 1", "out 2"},
		"stderr":          {"err 1", "err 2"},
		"none":            nil,
		"mistyped":        nil,
	} {
		t.Run("logging "+logging, func(t *testing.T) {
			e := startEngine(t)
			server := (&sshtest.Server{}).Start(t)
			inputs := props{
				"connection": connectionTo(server),
				"create":     "echo out 1; printf 'out 2'; echo err 1 >&2; printf 'err 2\\r\\n' >&2",
			}
			if logging != "" {
				inputs["logging"] = logging
			}
			made := e.create(remoteCommand, inputs)
			logs := e.logs()
			slices.Sort(logs)
			if !slices.Equal(logs, want) {
				t.Errorf("logs %q", logs)
			}
			if got := text(t, made.outputs, "stdout") + text(t, made.outputs, "stderr"); got != "out 1\nout 2err 1\nerr 2\r" {
				t.Errorf("outputs %q", got)
			}
		})
	}
}

// Inputs never reach the log or the error, even when the command fails.
func TestLogsHoldNoSecrets(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	inputs := props{
		"connection": connectionTo(server), "create": "cat >/dev/null; exit 1", "logging": "none",
		"stdin": resource.MakeSecret(resource.NewProperty("canary")),
	}
	_, err := e.tryCreate(remoteCommand, inputs)
	for _, shown := range append(e.logs(), err.Error()) {
		if strings.Contains(shown, "canary") || strings.Contains(shown, sshtest.Password) {
			t.Errorf("shown: %q", shown)
		}
	}
}

func TestUnusualOutput(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	for name, test := range map[string]struct {
		command string
		size    int
	}{
		"a line of 1 MB": {"head -c 1048576 /dev/zero | tr '\\0' x", 1 << 20},
		"5000 lines":     {"seq 10001 15000", 5000*6 - 1},
		"both at once":   {"seq 10001 12000 & seq 10001 12000 >&2; wait", 2000*6 - 1},
		"no output":      {"true", 0},
		"only a newline": {"echo", 0},
	} {
		t.Run(name, func(t *testing.T) {
			made := e.create(remoteCommand, props{"connection": connectionTo(server), "create": test.command})
			if got := len(text(t, made.outputs, "stdout")); got != test.size {
				t.Errorf("%d bytes of stdout, want %d", got, test.size)
			}
		})
	}
}

func TestParallelCommands(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	stdin := strings.Repeat("x", 100_000)
	var group sync.WaitGroup
	for i := range 24 {
		group.Go(func() {
			made, err := e.tryCreate(remoteCommand, props{
				"connection": connectionTo(server), "create": fmt.Sprintf("wc -c; seq %d", i), "stdin": stdin,
			})
			if err != nil {
				t.Error(err)
				return
			}
			if got := text(t, made.outputs, "stdout"); !strings.HasPrefix(got, "100000") || strings.Count(got, "\n") != i {
				t.Errorf("command %d wrote %q", i, got)
			}
		})
	}
	group.Wait()
}
