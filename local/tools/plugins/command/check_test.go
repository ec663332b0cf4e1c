package main

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestCheckSetsDefaultsAndSecrets(t *testing.T) {
	e := startEngine(t)
	checked := e.mustCheck(remoteCommand, props{
		"create": "true",
		"connection": props{
			"host": "h", "privateKey": "key", "privateKeyPassword": "passphrase",
			"proxy": props{"host": "p", "password": "word"},
		},
	})
	secret := func(s string) resource.PropertyValue { return resource.MakeSecret(resource.NewProperty(s)) }
	want := resource.PropertyMap{
		"create":                 resource.NewProperty("true"),
		"addPreviousOutputInEnv": resource.NewProperty(true),
		"connection": resource.MakeSecret(resource.NewProperty(resource.PropertyMap{
			"host": resource.NewProperty("h"), "user": resource.NewProperty("root"), "port": resource.NewProperty(22.0),
			"privateKey": secret("key"), "privateKeyPassword": secret("passphrase"),
			"dialErrorLimit": resource.NewProperty(10.0), "perDialTimeout": resource.NewProperty(15.0),
			"proxy": resource.NewProperty(resource.PropertyMap{
				"host": resource.NewProperty("p"), "user": resource.NewProperty("root"), "port": resource.NewProperty(22.0),
				"password": secret("word"), "dialErrorLimit": resource.NewProperty(10.0),
				"perDialTimeout": resource.NewProperty(15.0),
			}),
		})),
	}
	if !checked.DeepEquals(want) {
		t.Errorf("checked\n%v\nwant\n%v", checked, want)
	}
}

func TestCheckNamesBadInputs(t *testing.T) {
	e := startEngine(t)
	for name, test := range map[string]struct {
		inputs props
		want   string
	}{
		"no connection":    {props{"create": "true"}, "connection"},
		"no host":          {props{"connection": props{}}, "host"},
		"port is a word":   {props{"connection": props{"host": "h", "port": "ssh"}}, "port"},
		"create is a list": {props{"connection": props{"host": "h"}, "create": []any{1}}, "create"},
		"unknown input":    {props{"connection": props{"host": "h"}, "creat": "true"}, "creat"},
	} {
		t.Run(name, func(t *testing.T) {
			_, reasons := e.check(remoteCommand, test.inputs)
			if len(reasons) != 1 || !strings.Contains(reasons[0], test.want) {
				t.Errorf("reasons %q, want one about %q", reasons, test.want)
			}
		})
	}
}

// The engine would print the value of a property that a failure names.
func TestFailuresDoNotNameSecretProperties(t *testing.T) {
	e := startEngine(t)
	secret := resource.MakeSecret(resource.NewProperty([]resource.PropertyValue{resource.NewProperty("canary")}))
	for name, inputs := range map[string]props{
		"connection":   {"connection": props{"host": "h", "privateKey": "canary", "extra": 1}},
		"secret stdin": {"connection": props{"host": "h"}, "stdin": secret},
	} {
		t.Run(name, func(t *testing.T) {
			_, reasons := e.check(remoteCommand, inputs)
			if len(reasons) != 1 || !strings.HasPrefix(reasons[0], ": ") || strings.Contains(reasons[0], "canary") {
				t.Errorf("reasons %q", reasons)
			}
		})
	}
}
