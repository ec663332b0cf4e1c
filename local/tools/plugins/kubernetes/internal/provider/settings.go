package provider

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

// settings are the provider's own, apart from where the cluster is.
type settings struct {
	acceptSecrets               bool
	deleteUnreachable           bool
	skipUpdateUnreachable       bool
	serverSideApply             bool
	patchForce                  *bool
	upsert                      bool
	configMapMutable            bool
	secretMutable               bool
	suppressDeprecationWarnings bool
	suppressHelmHookWarnings    bool
	rejectUnknownResources      bool
	client                      clientSettings
}

// clientSettings bound the requests to one API server.
type clientSettings struct {
	Burst *int     `json:"burst"`
	QPS   *float64 `json:"qps"`
	// Timeout of one request in seconds; none when unset.
	Timeout *int `json:"timeout"`
}

// option is a switch of the provider: its name in the configuration, the environment variable that stands in for it.
type option struct {
	name, env string
	set       func(*settings, bool)
}

var options = []option{
	{"deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE", func(s *settings, v bool) { s.deleteUnreachable = v }},
	{"skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE", func(s *settings, v bool) { s.skipUpdateUnreachable = v }},
	{"enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", func(s *settings, v bool) { s.serverSideApply = v }},
	{"enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE", func(s *settings, v bool) { s.patchForce = &v }},
	{"upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS", func(s *settings, v bool) { s.upsert = v }},
	{"enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", func(s *settings, v bool) { s.configMapMutable = v }},
	{"enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE", func(s *settings, v bool) { s.secretMutable = v }},
	{"suppressDeprecationWarnings", "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
		func(s *settings, v bool) { s.suppressDeprecationWarnings = v }},
	{"suppressHelmHookWarnings", "PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS",
		func(s *settings, v bool) { s.suppressHelmHookWarnings = v }},
	{"rejectUnknownResources", "", func(s *settings, v bool) { s.rejectUnknownResources = v }},
}

const variablePrefix = "kubernetes:config:"

// readSettings reads the engine's configuration variables; what they leave unset comes from the environment, and
// what that leaves unset is off, except server-side apply.
func readSettings(variables map[string]string) (settings, error) {
	read := settings{serverSideApply: true}
	for _, option := range options {
		text, ok := variables[variablePrefix+option.name]
		source := option.name
		if !ok && option.env != "" {
			text, ok = os.LookupEnv(option.env)
			source = option.env
		}
		if !ok {
			continue
		}
		value, err := parseSwitch(text)
		if err != nil {
			return settings{}, fmt.Errorf("%s: %w", source, err)
		}
		option.set(&read, value)
	}
	client, err := readClientSettings(variables[variablePrefix+"kubeClientSettings"])
	read.client = client
	return read, err
}

func parseSwitch(text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", text)
	}
	return value, nil
}

// The API server shares itself out by priority and fairness; these only keep a run of thousands of objects from filling
// its queues. Upstream has 50 and 120, which makes a stack of a hundred objects wait for itself.
const (
	defaultBurst = 400
	defaultQPS   = 200.0
)

func readClientSettings(text string) (clientSettings, error) {
	read, err := parseClientSettings(text)
	if err != nil {
		return read, err
	}
	if read.Burst == nil {
		read.Burst, err = fromEnvironment("PULUMI_K8S_CLIENT_BURST", strconv.Atoi)
	}
	if err == nil && read.QPS == nil {
		read.QPS, err = fromEnvironment("PULUMI_K8S_CLIENT_QPS", func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
	}
	if err == nil && read.Timeout == nil {
		read.Timeout, err = fromEnvironment("PULUMI_K8S_CLIENT_TIMEOUT", strconv.Atoi)
	}
	if read.Burst == nil {
		read.Burst = new(int)
		*read.Burst = defaultBurst
	}
	if read.QPS == nil {
		read.QPS = new(float64)
		*read.QPS = defaultQPS
	}
	return read, err
}

func parseClientSettings(text string) (clientSettings, error) {
	var read clientSettings
	if text == "" {
		return read, nil
	}
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return read, fmt.Errorf("kubeClientSettings: %q is no object of numbers burst, qps and timeout: %w", text, err)
	}
	return read, nil
}

func fromEnvironment[T any](name string, parse func(string) (T, error)) (*T, error) {
	text := os.Getenv(name)
	if text == "" {
		return nil, nil
	}
	value, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("invalid value specified for %s: %w", name, err)
	}
	return &value, nil
}
