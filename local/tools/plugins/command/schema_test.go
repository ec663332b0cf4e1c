package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
)

// sdk is the npm package that uses the plugin, as installed by `npm ci`.
const sdk = "../../../../node_modules/@pulumi/command"

type property struct {
	Ref              string `json:"$ref"`
	Default          any
	Secret           bool
	ReplaceOnChanges bool
}

type object struct {
	Properties map[string]property
	Required   []string
}

type packageSchema struct {
	Name, Version string
	Types         map[string]object
	Resources     map[string]struct {
		object
		InputProperties    map[string]property
		RequiredInputs     []string
		DeprecationMessage string
	}
	Functions map[string]struct{ Inputs, Outputs object }
}

func readSchema(t *testing.T) packageSchema {
	t.Helper()
	provider, err := newProvider()
	must(t, err)
	spec, err := p.GetSchema(context.Background(), packageName, version, provider)
	must(t, err)
	encoded, err := json.Marshal(spec)
	must(t, err)
	var schema packageSchema
	must(t, json.Unmarshal(encoded, &schema))
	return schema
}

func readSDK(t *testing.T, path string) string {
	t.Helper()
	contents, err := os.ReadFile(filepath.Join(sdk, path))
	if err != nil {
		t.Fatalf("%v: run `npm ci` first", err)
	}
	return string(contents)
}

// all returns the first group of every match, sorted and without duplicates.
func all(pattern, text string) []string {
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func keys(properties map[string]property, keep func(property) bool) []string {
	var names []string
	for name, value := range properties {
		if keep == nil || keep(value) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func wantSame(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: the plugin has %q, the npm package %q", what, got, want)
	}
}

func TestSchemaMatchesTheSDK(t *testing.T) {
	schema := readSchema(t)
	if want := all(`"version": "([^"]*)"`, readSDK(t, "package.json"))[0]; schema.Version != want {
		t.Errorf("version %s, want %s", schema.Version, want)
	}
	for token, file := range map[string]string{
		"command:local:Command": "local/command.js", "command:remote:Command": "remote/command.js",
		"command:remote:CopyToRemote": "remote/copyToRemote.js", "command:remote:CopyFile": "remote/copyFile.js",
	} {
		t.Run(token, func(t *testing.T) {
			code, resource := readSDK(t, file), schema.Resources[token]
			inputs := all(`resourceInputs\["(\w+)"\] = args`, code)
			wantSame(t, "inputs", keys(resource.InputProperties, nil), inputs)
			wantSame(t, "required inputs", resource.RequiredInputs, all(`Missing required property '(\w+)'`, code))
			wantSame(t, "outputs", keys(resource.Properties, nil), all(`resourceInputs\["(\w+)"\] = undefined`, code))
			secrets := all(`"(\w+)"`, strings.Join(all(`additionalSecretOutputs: \[(.*?)\]`, code), ""))
			wantSame(t, "secret outputs", keys(resource.Properties, func(p property) bool { return p.Secret }), secrets)
			wantSame(t, "secret inputs", keys(resource.InputProperties, func(p property) bool { return p.Secret }), secrets)
			replacing := all(`"(\w+)\[\*\]"`, strings.Join(all(`replaceOnChanges: \[(.*)\]`, code), ""))
			wantSame(t, "replacing", keys(resource.InputProperties, func(p property) bool { return p.ReplaceOnChanges }), replacing)
			if deprecated := strings.Contains(code, "is deprecated: "+resource.DeprecationMessage+`"`); (resource.DeprecationMessage != "") != deprecated {
				t.Errorf("deprecation message %q", resource.DeprecationMessage)
			}
		})
	}
	if len(schema.Resources) != 4 || len(schema.Functions) != 1 {
		t.Errorf("%d resources and %d functions", len(schema.Resources), len(schema.Functions))
	}
	run := readSDK(t, "local/run.js")
	wantSame(t, "local.run", keys(schema.Functions["command:local:run"].Inputs.Properties, nil), all(`"(\w+)": args`, run))
	_, result, _ := strings.Cut(readSDK(t, "local/run.d.ts"), "interface RunResult")
	result, _, _ = strings.Cut(result, "\n}")
	wantSame(t, "local.run's result", keys(schema.Functions["command:local:run"].Outputs.Properties, nil),
		all(`readonly (\w+)\??:`, result))
}

func TestTypesMatchTheSDK(t *testing.T) {
	schema := readSchema(t)
	declarations, code := readSDK(t, "types/input.d.ts"), readSDK(t, "types/input.js")
	for _, name := range []string{"Connection", "ProxyConnection"} {
		t.Run(name, func(t *testing.T) {
			_, declared, _ := strings.Cut(declarations, "interface "+name+"Args {")
			declared, _, _ = strings.Cut(declared, "\n    }")
			spec := schema.Types["command:remote:"+name]
			wantSame(t, "properties", keys(spec.Properties, nil), all(`(\w+)\??: pulumi`, declared))
			wantSame(t, "required", spec.Required, all(`(\w+): pulumi`, declared))

			_, defaults, _ := strings.Cut(code, "function "+strings.ToLower(name[:1])+name[1:]+"ArgsProvideDefaults")
			defaults, _, _ = strings.Cut(defaults, "};")
			var got []string
			for key, value := range spec.Properties {
				if value.Default != nil {
					encoded, err := json.Marshal(value.Default)
					must(t, err)
					got = append(got, key+": (val."+key+") ?? "+string(encoded))
				}
			}
			wantSame(t, "defaults", got, all(`(\w+: \(val\.\w+\) \?\? [^,]+)`, defaults))
			wantSame(t, "secrets", keys(spec.Properties, func(p property) bool { return p.Secret }),
				[]string{"password", "privateKey", "privateKeyPassword"})
		})
	}
}
