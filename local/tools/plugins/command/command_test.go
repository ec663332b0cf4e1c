package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"hardway/local/tools/plugins/command/internal/sshtest"
)

const (
	remoteCommand = "command:remote:Command"
	localCommand  = "command:local:Command"
)

// text returns the string under a key, whether or not it is secret.
func text(t *testing.T, properties resource.PropertyMap, key resource.PropertyKey) string {
	t.Helper()
	value := properties[key]
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		t.Fatalf("%s is %v, not a string", key, value)
	}
	return value.StringValue()
}

func TestLifecycle(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	inputs := props{
		"connection": connectionTo(server), "create": "echo made; echo careful >&2", "delete": "echo gone",
		"triggers": []any{"1"},
	}
	made := e.create(remoteCommand, inputs)
	if made.id == "" || !strings.HasPrefix(string(made.id), "it") {
		t.Errorf("id %q does not start with the resource's name", made.id)
	}
	if got := text(t, made.outputs, "stdout") + "|" + text(t, made.outputs, "stderr"); got != "made|careful" {
		t.Errorf("stdout|stderr is %q", got)
	}
	if changed, _ := e.diff(made, inputs); changed != nil {
		t.Errorf("the same inputs changed %q", changed)
	}

	t.Run("without update, create runs again", func(t *testing.T) {
		changedInputs := props{"connection": connectionTo(server), "create": "echo again", "triggers": []any{"1"}}
		changed, replacing := e.diff(made, changedInputs)
		if !slices.Equal(changed, []string{"create", "delete"}) || replacing != nil {
			t.Errorf("changed %q replacing %q", changed, replacing)
		}
		if got := text(t, e.update(made, changedInputs).outputs, "stdout"); got != "again" {
			t.Errorf("stdout %q", got)
		}
	})
	t.Run("update runs instead of create", func(t *testing.T) {
		updated := e.update(made, props{"connection": connectionTo(server), "create": "echo made", "update": "echo new"})
		if got := text(t, updated.outputs, "stdout"); got != "new" {
			t.Errorf("stdout %q", got)
		}
	})
	t.Run("without commands, the old output stays", func(t *testing.T) {
		updated := e.update(made, props{"connection": connectionTo(server)})
		if got := text(t, updated.outputs, "stdout"); got != "made" {
			t.Errorf("stdout %q", got)
		}
	})
	t.Run("delete runs the command delete", func(t *testing.T) {
		must(t, e.delete(made))
		commands := server.Commands()
		if last := commands[len(commands)-1]; last != "echo gone" {
			t.Errorf("last command %q", last)
		}
	})
	eventually(t, "every connection is closed", func() bool { return server.Open() == 0 })
}

func TestCreateWithoutCommandConnectsToNothing(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	made := e.create(remoteCommand, props{"connection": connectionTo(server)})
	must(t, e.delete(made))
	if text(t, made.outputs, "stdout") != "" || server.Accepted() != 0 {
		t.Errorf("outputs %v after %d connections", made.outputs, server.Accepted())
	}
}

// The SDK asks for a replacement when an element of triggers changes (replaceOnChanges: triggers[*]). The plugin must
// name the changed elements, and replace when triggers as a whole are added or removed.
func TestTriggers(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	with := func(triggers any) props {
		inputs := props{"connection": connectionTo(server)}
		if triggers != nil {
			inputs["triggers"] = triggers
		}
		return inputs
	}
	for name, test := range map[string]struct{ old, new, changed, replacing any }{
		"element": {[]any{"a", "b"}, []any{"a", "c"}, []string{"triggers[1]"}, []string(nil)},
		"more":    {[]any{"a"}, []any{"a", 1}, []string{"triggers[1]"}, []string(nil)},
		"added":   {nil, []any{"a"}, []string{"triggers"}, []string{"triggers"}},
		"removed": {[]any{"a"}, nil, []string{"triggers"}, []string{"triggers"}},
		"same":    {[]any{"a", props{"b": 1.5}}, []any{"a", props{"b": 1.5}}, []string(nil), []string(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			changed, replacing := e.diff(e.create(remoteCommand, with(test.old)), with(test.new))
			if !slices.Equal(changed, test.changed.([]string)) || !slices.Equal(replacing, test.replacing.([]string)) {
				t.Errorf("changed %q replacing %q", changed, replacing)
			}
		})
	}
}

// As upstream, a changed connection is an ordinary update, which runs the command again over the new connection.
func TestConnectionChangeUpdates(t *testing.T) {
	e := startEngine(t)
	first, second := (&sshtest.Server{}).Start(t), (&sshtest.Server{}).Start(t)
	inputs := func(server *sshtest.Server) props {
		return props{"connection": connectionTo(server), "create": "echo made"}
	}
	made := e.create(remoteCommand, inputs(first))
	changed, replacing := e.diff(made, inputs(second))
	if !slices.Equal(changed, []string{"connection"}) || replacing != nil {
		t.Errorf("changed %q replacing %q", changed, replacing)
	}
	e.update(made, inputs(second))
	if len(first.Commands()) != 1 || !slices.Equal(second.Commands(), []string{"echo made"}) {
		t.Errorf("the first machine ran %q, the second %q", first.Commands(), second.Commands())
	}
}

func TestPreview(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	unknown := resource.MakeComputed(resource.NewProperty(""))

	t.Run("create with unknown inputs", func(t *testing.T) {
		for name, inputs := range map[string]props{
			"host":       {"connection": props{"host": unknown}, "create": "true"},
			"connection": {"connection": resource.MakeComputed(resource.NewProperty(resource.PropertyMap{})), "create": "true"},
			"create":     {"connection": connectionTo(server), "create": unknown},
			"stdin":      {"connection": connectionTo(server), "create": "true", "stdin": resource.MakeSecret(unknown)},
			"environment": {"connection": connectionTo(server), "create": "true", "environment": props{"A": unknown},
				"triggers": []any{unknown}},
		} {
			t.Run(name, func(t *testing.T) {
				made := e.previewCreate(remoteCommand, inputs)
				for _, key := range []resource.PropertyKey{"stdout", "stderr"} {
					if !made.outputs[key].ContainsUnknowns() {
						t.Errorf("%s is known: %v", key, made.outputs[key])
					}
				}
			})
		}
	})

	inputs := props{"connection": connectionTo(server), "create": "echo made"}
	made := e.create(remoteCommand, inputs)
	before := server.Accepted()
	t.Run("after a change, the output is unknown", func(t *testing.T) {
		planned, err := e.updateWith(made, props{"connection": connectionTo(server), "create": "echo new"}, true)
		must(t, err)
		if !planned.outputs["stdout"].ContainsUnknowns() || text(t, planned.outputs, "create") != "echo new" {
			t.Errorf("outputs %v", planned.outputs)
		}
	})
	t.Run("without a change, all outputs are known", func(t *testing.T) {
		planned, err := e.updateWith(made, inputs, true)
		must(t, err)
		if planned.outputs.ContainsUnknowns() {
			t.Errorf("outputs %v", planned.outputs)
		}
	})
	if server.Accepted() != before {
		t.Error("a preview connected to the machine")
	}
}

// As upstream, a command's output is not secret even when its inputs are. Programs can change that with
// additionalSecretOutputs.
func TestSecretsStaySecret(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	secret := resource.MakeSecret(resource.NewProperty("hush"))
	made := e.create(remoteCommand, props{"connection": connectionTo(server), "create": "cat", "stdin": secret})
	for key, want := range map[resource.PropertyKey]bool{
		"connection": true, "stdin": true, "create": false, "stdout": false, "stderr": false,
	} {
		if made.outputs[key].IsSecret() != want {
			t.Errorf("%s: secret is %v, want %v", key, !want, want)
		}
	}
	if got := text(t, made.outputs, "stdout"); got != "hush" {
		t.Errorf("stdout %q", got)
	}
}

func TestRefreshAndImportReturnTheGivenState(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	made := e.create(remoteCommand, props{"connection": connectionTo(server), "create": "echo made"})
	server.Stop()

	read, err := e.provider.Read(context.Background(), plugin.ReadRequest{
		URN: made.urn, Name: "it", Type: made.urn.Type(), ID: made.id, Inputs: made.inputs, State: made.outputs,
	})
	must(t, err)
	if read.ID != made.id || !read.Inputs.DeepEquals(made.inputs) || !read.Outputs.DeepEquals(made.outputs) {
		t.Errorf("refresh of %v gave %v", made, read.ReadResult)
	}

	imported, err := e.provider.Read(context.Background(), plugin.ReadRequest{
		URN: made.urn, Name: "it", Type: made.urn.Type(), ID: "anything",
		Inputs: resource.PropertyMap{}, State: resource.PropertyMap{},
	})
	must(t, err)
	if imported.ID != "anything" || len(imported.Inputs) != 0 || len(imported.Outputs) != 0 {
		t.Errorf("import gave %v", imported.ReadResult)
	}
}
