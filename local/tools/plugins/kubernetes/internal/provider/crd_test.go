//go:build integration

package provider

import (
	"fmt"
	"sync"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

func definition(plural, kind, scope string) fields {
	schema := fields{
		"type":       "object",
		"properties": fields{"spec": fields{"type": "object", "x_kubernetes_preserve_unknown_fields": true}},
	}
	return fields{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": fields{"name": plural + ".test.hardway"},
		"spec": fields{
			"group": "test.hardway", "scope": scope,
			"names":    fields{"plural": plural, "singular": plural, "kind": kind, "listKind": kind + "List"},
			"versions": []any{fields{"name": "v1", "served": true, "storage": true, "schema": fields{"openAPIV3Schema": schema}}},
		},
	}
}

// custom returns a custom object with background deletion. Foreground deletion would wait for the garbage collector,
// which takes half a minute to notice a new kind.
func custom(kind, name string, size float64) fields {
	background := fields{"pulumi.com/deletionPropagationPolicy": "background"}
	return fields{
		"apiVersion": "test.hardway/v1", "kind": kind, "metadata": fields{"name": name, "annotations": background},
		"spec": fields{"size": size},
	}
}

func annotate(program fields, key, value string) fields {
	program["metadata"].(fields)["annotations"].(fields)[key] = value
	return program
}

const definitionToken = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"

func TestDefinitionAndObjectInOneRun(t *testing.T) {
	server := configured(t, nil)
	cluster := resourceOf(t, server, "kubernetes:test.hardway/v1:Planet", "earth")
	preview := cluster.previewCreate(custom("Planet", "earth", 1))
	require.Equal(t, fields{"size": 1.0}, preview["spec"], "before the definition exists, the preview returns the inputs")

	// The engine creates both at the same time if neither declares a dependency on the other.
	crd := resourceOf(t, server, definitionToken, "planets")
	created := make(chan error, 1)
	go func() { created <- cluster.tryCreate(custom("Planet", "earth", 1)) }()
	state := crd.create(definition("planets", "Planet", "Cluster"))
	require.NoError(t, <-created)
	require.Equal(t, "earth", cluster.id)
	properties := state["spec"].(fields)["versions"].([]any)[0].(fields)["schema"].(fields)["openAPIV3Schema"].(fields)["properties"]
	require.Equal(t, true, properties.(fields)["spec"].(fields)["x_kubernetes_preserve_unknown_fields"])
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, crd.diff(definition("planets", "Planet", "Cluster")).GetChanges())

	change := cluster.diff(custom("Planet", "earth", 2))
	require.Contains(t, change.GetDetailedDiff(), "spec.size")
	require.Empty(t, change.GetReplaces())
	require.Equal(t, fields{"size": 2.0}, cluster.update(custom("Planet", "earth", 2))["spec"])
	require.True(t, cluster.refresh())
	require.NoError(t, cluster.delete())
}

func TestDeletingADefinitionDeletesItsObjects(t *testing.T) {
	server := configured(t, nil)
	crd := resourceOf(t, server, definitionToken, "comets")
	crd.create(definition("comets", "Comet", "Namespaced"))
	comet := resourceOf(t, server, "kubernetes:test.hardway/v1:Comet", "halley")
	require.NoError(t, comet.tryCreate(custom("Comet", "halley", 1)))
	require.Equal(t, "default/halley", comet.id)
	require.NoError(t, crd.delete())
	require.NoError(t, comet.delete())
	comet.id = "default/halley"
	require.False(t, comet.refresh())
}

func TestUpdateOverwritesTheWholeDefinition(t *testing.T) {
	crd := resourceOf(t, configured(t, nil), definitionToken, "moons")
	crd.create(definition("moons", "Moon", "Namespaced"))
	next := definition("moons", "Moon", "Namespaced")
	next["spec"].(fields)["names"].(fields)["shortNames"] = []any{"mo"}
	require.Equal(t, pulumirpc.DiffResponse_DIFF_SOME, crd.diff(next).GetChanges())
	_, err := crd.tryUpdate(next, true)
	require.NoError(t, err)
	state := crd.update(next)
	require.Equal(t, []any{"mo"}, state["spec"].(fields)["names"].(fields)["shortNames"])
}

func TestWaitForACondition(t *testing.T) {
	server := configured(t, nil)
	crd := resourceOf(t, server, definitionToken, "stars")
	crd.create(definition("stars", "Star", "Namespaced"))
	star := resourceOf(t, server, "kubernetes:test.hardway/v1:Star", "sun")
	star.create(annotate(custom("Star", "sun", 3), "pulumi.com/waitFor", "jsonpath={.spec.size}=3"))

	dark := resourceOf(t, server, "kubernetes:test.hardway/v1:Star", "dark")
	dark.timeout = 1
	err := dark.tryCreate(annotate(custom("Star", "dark", 3), "pulumi.com/waitFor", "condition=Shining"))
	require.ErrorContains(t, err, "'dark' timed out waiting to be Ready")
	require.Contains(t, dark.adopt(err).GetReasons(), "Waiting for condition=Shining")
	require.NoError(t, dark.delete())
}

func TestManyResourcesAtOnce(t *testing.T) {
	server := configured(t, mutable)
	const count = 60
	problems := make([]error, count)
	var running sync.WaitGroup
	for i := range count {
		running.Go(func() {
			name := fmt.Sprintf("crowd-%d", i)
			config := resourceOf(t, server, "kubernetes:core/v1:ConfigMap", name)
			problems[i] = config.tryCreate(configMap(fields{"name": name}, fields{"a": "1"}))
			if problems[i] != nil {
				return
			}
			if _, problems[i] = config.tryUpdate(configMap(fields{"name": name}, fields{"a": "2"}), false); problems[i] != nil {
				return
			}
			problems[i] = config.delete()
		})
	}
	running.Wait()
	for i, problem := range problems {
		require.NoError(t, problem, "resource %d", i)
	}
}
