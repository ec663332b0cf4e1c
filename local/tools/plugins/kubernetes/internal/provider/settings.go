package provider

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

// settings are the provider's settings, except those that locate the cluster.
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

// clientSettings limit the requests to one API server. Burst is a number of requests, QPS is requests per second.
type clientSettings struct {
	Burst *int     `json:"burst"`
	QPS   *float64 `json:"qps"`
	// Timeout of one request in seconds. Nil means no timeout.
	Timeout *int `json:"timeout"`
}

// option is a boolean setting of the provider: its name in the configuration, and the environment variable ("" for
// none) that is used if it is not configured.
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

// readSettings reads the settings from the engine's configuration variables, else from the environment. Unset options
// are off, except server-side apply.
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
		value, err := parseSwitch(source, text)
		if err != nil {
			return settings{}, err
		}
		option.set(&read, value)
	}
	client, err := readClientSettings(variables[variablePrefix+"kubeClientSettings"])
	read.client = client
	return read, err
}

// parseSwitch parses the value of the setting or environment variable `name`. "" is false.
func parseSwitch(name, text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%s must be true or false; got %q", name, text)
	}
	return value, nil
}

// The API server itself distributes its capacity (API priority and fairness). These limits only keep a run with
// thousands of objects from filling its queues. Upstream's 50 requests a second, 120 in a burst, slow down stacks of a
// hundred objects.
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
		return read, fmt.Errorf("kubeClientSettings must be a JSON object with the numbers burst, qps and timeout; got %q: %w", text, err)
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
