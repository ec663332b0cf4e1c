package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// CheckConfig checks the inputs of a provider resource and reports all problems at once.
func (s *Server) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (_ *pulumirpc.CheckResponse, err error) {
	defer rescue(&err)
	inputs, err := configInputs(req.GetNews())
	if err != nil {
		return nil, fmt.Errorf("CheckConfig failed because of malformed resource inputs: %w", err)
	}
	failures := append(checkStrictMode(resource.URN(req.GetUrn()), inputs), checkOptions(inputs)...)
	return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: failures}, nil
}

func checkOptions(inputs resource.PropertyMap) (failures []*pulumirpc.CheckFailure) {
	fail := func(property, reason string) {
		failures = append(failures, &pulumirpc.CheckFailure{Property: property, Reason: reason})
	}
	for _, option := range options {
		value := inputs[resource.PropertyKey(option.name)]
		if value.IsNull() || value.IsComputed() || value.IsBool() {
			continue
		}
		if !value.IsString() {
			fail(option.name, fmt.Sprintf("%s must be true or false; got a value of type %s", option.name, value.TypeString()))
		} else if _, err := parseSwitch(option.name, value.StringValue()); err != nil {
			fail(option.name, err.Error())
		}
	}
	if value := inputs["kubeClientSettings"]; value.IsString() {
		if _, err := parseClientSettings(value.StringValue()); err != nil {
			fail("kubeClientSettings", err.Error())
		}
	}
	for _, name := range []resource.PropertyKey{"kubeconfig", "context", "cluster", "namespace", "clusterIdentifier"} {
		value := inputs[name]
		isText := value.IsNull() || value.IsComputed() || value.IsString()
		if !isText && !(name == "kubeconfig" && value.IsObject()) {
			fail(string(name), fmt.Sprintf("%s must be a string; got a value of type %s", name, value.TypeString()))
		}
	}
	if value := inputs["renderYamlToDirectory"]; value.IsComputed() || value.IsString() && value.StringValue() != "" {
		fail("renderYamlToDirectory", "this build of the Kubernetes provider does not render YAML; "+
			"remove renderYamlToDirectory, or use the official plugin (HARDWAY_TOOLS=official)")
	}
	return failures
}

// checkStrictMode refuses a provider without an explicit kubeconfig and context if kubernetes:strictMode is set.
func checkStrictMode(urn resource.URN, inputs resource.PropertyMap) (failures []*pulumirpc.CheckFailure) {
	strict := stackConfig()["strictMode"] == "true"
	if value := inputs["strictMode"]; value.IsString() {
		strict = value.StringValue() == "true"
	}
	if !strict || !providers.IsProviderType(urn.Type()) {
		return nil
	}
	if providers.IsDefaultProvider(urn) {
		failures = append(failures, &pulumirpc.CheckFailure{Reason: "strict mode prohibits default provider"})
	}
	for _, name := range []resource.PropertyKey{"kubeconfig", "context"} {
		if value := inputs[name]; value.IsNull() || value.IsString() && value.StringValue() == "" {
			failures = append(failures, &pulumirpc.CheckFailure{
				Property: string(name),
				Reason:   fmt.Sprintf("strict mode requires Provider %q argument", name),
			})
		}
	}
	return failures
}

// stackConfig returns the stack's configuration for this package, which the engine passes in the environment.
func stackConfig() map[string]any {
	config := map[string]any{}
	if err := json.Unmarshal([]byte(os.Getenv("PULUMI_CONFIG")), &config); err != nil {
		return nil
	}
	return config
}

// DiffConfig reports whether the provider now points to another cluster; if so, all its resources are replaced. It
// compares the clusterIdentifier if there is one, else the cluster's entry in the kubeconfig.
func (s *Server) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (_ *pulumirpc.DiffResponse, err error) {
	defer rescue(&err)
	olds, err := configInputs(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := configInputs(req.GetNews())
	if err != nil {
		return nil, fmt.Errorf("DiffConfig failed because of malformed resource inputs: %w", err)
	}
	changes := olds.Diff(news)
	if changes == nil {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	resp := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME}
	resp.Diffs, resp.Replaces, err = clusterChanges(olds, news, changes)
	if err != nil {
		return nil, err
	}
	if changes.Same("clusterIdentifier") && news.HasValue("clusterIdentifier") {
		resp.Replaces = nil
	}
	return resp, nil
}

var locating = []resource.PropertyKey{"kubeconfig", "context", "cluster"}

func clusterChanges(olds, news resource.PropertyMap, changes *resource.ObjectDiff) (diffs, replaces []string, err error) {
	// Adding or removing the identifier replaces nothing, so that a stack can start or stop using one.
	if changes.Updated("clusterIdentifier") {
		replaces = append(replaces, "clusterIdentifier")
	}
	for _, key := range locating {
		if news[key].IsComputed() {
			return []string{string(key)}, append(replaces, string(key)), nil
		}
	}
	changed := map[string]bool{}
	for _, key := range changes.ChangedKeys() {
		diffs = append(diffs, string(key))
		changed[string(key)] = true
	}
	oldConfig, err := kubeconfigOf(olds)
	if err != nil {
		return nil, nil, err
	}
	newConfig, err := kubeconfigOf(news)
	if err != nil {
		return nil, nil, err
	}
	before, after := activeCluster(oldConfig, olds), activeCluster(newConfig, news)
	if before == nil || after == nil || reflect.DeepEqual(before, after) {
		return diffs, replaces, nil
	}
	for _, key := range locating {
		if changed[string(key)] {
			replaces = append(replaces, string(key))
		}
	}
	return diffs, replaces, nil
}

func configInputs(fields *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(fields, plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true})
}
