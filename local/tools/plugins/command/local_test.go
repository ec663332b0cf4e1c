package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

func TestLocalCommand(t *testing.T) {
	e := startEngine(t)
	dir := t.TempDir()
	inputs := props{
		"create": `cat; echo "$NAME in $(pwd)" >&2`, "update": `echo "before: $PULUMI_COMMAND_STDOUT"`,
		"delete": "echo gone > deleted", "stdin": "read", "dir": dir, "environment": props{"NAME": "x"},
	}
	made := e.create(localCommand, inputs)
	if got := text(t, made.outputs, "stdout") + "|" + text(t, made.outputs, "stderr"); got != "read|x in "+dir {
		t.Errorf("stdout|stderr %q", got)
	}
	if changed, _ := e.diff(made, inputs); changed != nil {
		t.Errorf("the same inputs changed %q", changed)
	}
	if got := text(t, e.update(made, inputs).outputs, "stdout"); got != "before: read" {
		t.Errorf("stdout %q", got)
	}
	must(t, e.delete(made))
	if _, err := os.Stat(filepath.Join(dir, "deleted")); err != nil {
		t.Error(err)
	}
}

func TestLocalCommandFails(t *testing.T) {
	e := startEngine(t)
	for name, test := range map[string]struct {
		inputs props
		want   string
	}{
		"exit status":         {props{"create": "echo why; exit 3"}, "exit status 3: running \"echo why; exit 3\":\nwhy\n"},
		"missing interpreter": {props{"create": "x", "interpreter": []any{"no-such-program"}}, "no-such-program"},
		"missing directory":   {props{"create": "x", "dir": "chdir /no/such/directory: no such file or directory: running \"x\""}, "chdir /no/such/directory: no such file or directory: running \"x\""},
		"malformed pattern":   {props{"create": "true", "dir": t.TempDir(), "assetPaths": []any{"[a"}}, "unexpected end of input"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := e.tryCreate(localCommand, test.inputs)
			wantError(t, err, test.want)
		})
	}
}

func TestLocalCommandInterpreter(t *testing.T) {
	e := startEngine(t)
	made := e.create(localCommand, props{"create": "a b", "interpreter": []any{"printf", "<%s>", "one"}})
	if got := text(t, made.outputs, "stdout"); got != "<one><a b>" {
		t.Errorf("stdout %q", got)
	}
}

func TestLocalCommandLogging(t *testing.T) {
	e := startEngine(t)
	e.create(localCommand, props{"create": "echo shown; echo hidden >&2", "logging": "stdout"})
	if logs := e.logs(); !slices.Equal(logs, []string{"shown"}) {
		t.Errorf("logs %q", logs)
	}
}

func TestLocalAssets(t *testing.T) {
	e := startEngine(t)
	dir := t.TempDir()
	patterns := []any{"assets/**", "src/**.js", "!**secret.*"}
	inputs := props{
		"create":     "mkdir -p assets/logos src; touch assets/logos/logo.svg src/index.js src/secret.js src/index.ts",
		"dir":        dir,
		"assetPaths": patterns, "archivePaths": patterns,
	}
	made := e.create(localCommand, inputs)
	want := []string{"assets/logos/logo.svg", "src/index.js"}
	assets := made.outputs["assets"].ObjectValue()
	archive, _ := made.outputs["archive"].ArchiveValue().GetAssets()
	var assetNames, archiveNames []string
	for name, asset := range assets {
		assetNames = append(assetNames, string(name))
		if path := asset.AssetValue().Path; path != filepath.Join(dir, string(name)) {
			t.Errorf("%s is at %s", name, path)
		}
	}
	for name := range archive {
		archiveNames = append(archiveNames, name)
	}
	slices.Sort(assetNames)
	slices.Sort(archiveNames)
	if !slices.Equal(assetNames, want) || !slices.Equal(archiveNames, want) {
		t.Errorf("assets %q, archive %q", assetNames, archiveNames)
	}
	updated := e.update(made, inputs)
	if len(updated.outputs["assets"].ObjectValue()) != 2 {
		t.Errorf("after an update: %v", updated.outputs["assets"])
	}
	must(t, e.delete(updated))
}

func TestLocalRun(t *testing.T) {
	e := startEngine(t)
	dir := t.TempDir()
	run := func(args props) (resource.PropertyMap, error) {
		result, err := e.provider.Invoke(context.Background(), plugin.InvokeRequest{Tok: "command:local:run", Args: toMap(args)})
		return result.Properties, err
	}
	result, err := run(props{"command": "echo hello | tee file", "dir": dir, "assetPaths": []any{"*"}})
	must(t, err)
	if got := text(t, result, "stdout"); got != "hello" || !result["addPreviousOutputInEnv"].BoolValue() {
		t.Errorf("result %v", result)
	}
	if got := result["assets"].ObjectValue()["file"].AssetValue().Path; got != filepath.Join(dir, "file") {
		t.Errorf("asset at %q", got)
	}
	_, err = run(props{"command": "exit 2"})
	wantError(t, err, "exit status 2: running \"exit 2\"")
}

func TestLocalCancellation(t *testing.T) {
	for name, command := range map[string]string{
		"a shell with a child":    "echo $$ > pid; echo begun; sleep 60; true",
		"a job in the background": "echo $$ > pid; echo begun; sleep 60 & wait",
	} {
		t.Run(name, func(t *testing.T) {
			e := startEngine(t)
			dir := t.TempDir()
			failed := make(chan error)
			go func() {
				_, err := e.tryCreate(localCommand, props{"create": command, "dir": dir})
				failed <- err
			}()
			eventually(t, "the command runs", func() bool { return slices.Contains(e.logs(), "begun") })
			must(t, e.provider.SignalCancellation(context.Background()))
			wantError(t, <-failed, "context canceled")
			contents, err := os.ReadFile(filepath.Join(dir, "pid"))
			must(t, err)
			pid, err := strconv.Atoi(strings.TrimSpace(string(contents)))
			must(t, err)
			eventually(t, "the process group has ended", func() bool { return syscall.Kill(-pid, 0) == syscall.ESRCH })
		})
	}
}
