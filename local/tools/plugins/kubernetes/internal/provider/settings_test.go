package provider

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDefaultSettings(t *testing.T) {
	read, err := readSettings(nil)
	require.NoError(t, err)
	require.Equal(t, defaultBurst, *read.client.Burst)
	require.Equal(t, defaultQPS, *read.client.QPS)
	require.Nil(t, read.client.Timeout)
	read.client = clientSettings{}
	require.Equal(t, settings{serverSideApply: true}, read)
}

func TestSettingsWinOverTheEnvironment(t *testing.T) {
	for _, option := range options {
		t.Run(option.name, func(t *testing.T) {
			given := map[string]string{variablePrefix + option.name: "true"}
			off, err := readSettings(map[string]string{variablePrefix + option.name: "false"})
			require.NoError(t, err)
			on, err := readSettings(given)
			require.NoError(t, err)
			require.NotEqual(t, off, on)
			if option.env == "" {
				return
			}
			t.Setenv(option.env, "false")
			again, err := readSettings(given)
			require.NoError(t, err)
			require.Equal(t, on, again)
			fromEnvironment, err := readSettings(nil)
			require.NoError(t, err)
			require.Equal(t, off, fromEnvironment)
			t.Setenv(option.env, "perhaps")
			_, err = readSettings(nil)
			require.ErrorContains(t, err, option.env+` must be true or false; got "perhaps"`)
		})
	}
}

func TestClientSettings(t *testing.T) {
	t.Setenv("PULUMI_K8S_CLIENT_BURST", "7")
	t.Setenv("PULUMI_K8S_CLIENT_TIMEOUT", "9")
	read, err := readClientSettings(`{"burst":5,"qps":2.5}`)
	require.NoError(t, err)
	require.Equal(t, 5, *read.Burst)
	require.Equal(t, 2.5, *read.QPS)
	require.Equal(t, 9, *read.Timeout)
	t.Setenv("PULUMI_K8S_CLIENT_QPS", "fast")
	_, err = readClientSettings("")
	require.ErrorContains(t, err, "PULUMI_K8S_CLIENT_QPS")
}
