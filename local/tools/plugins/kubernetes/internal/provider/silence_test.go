//go:build integration

package provider

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/emptypb"
)

// behind returns a resource whose API server is behind a network, and a function that interrupts the network.
func behind(t *testing.T, name string) (*engine, func()) {
	t.Helper()
	relay := api.Relay(t)
	return resourceOf(t, configured(t, map[string]string{"kubeconfig": relay.Kubeconfig}),
		"kubernetes:core/v1:ConfigMap", name), relay.Interrupt
}

func TestAPIServerStopsAnswering(t *testing.T) {
	t.Setenv("HTTP2_READ_IDLE_TIMEOUT_SECONDS", "1") // Settings of client-go. The defaults are 30 and 15.
	t.Setenv("HTTP2_PING_TIMEOUT_SECONDS", "1")
	config, interrupt := behind(t, "unanswered")
	interrupt()
	require.ErrorContains(t, config.tryCreate(configMap(fields{"name": "unanswered"}, fields{})), "client connection lost")
}

func TestCancelEndsAnUnansweredRequest(t *testing.T) {
	config, interrupt := behind(t, "abandoned")
	interrupt()
	result := make(chan error, 1)
	go func() { result <- config.tryCreate(configMap(fields{"name": "abandoned"}, fields{})) }()
	_, err := config.server.Cancel(context.Background(), &emptypb.Empty{})
	require.NoError(t, err)
	select {
	case err := <-result:
		require.ErrorContains(t, err, "context canceled")
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting 10 s after the cancellation")
	}
}

func TestAPIServerThatNeverAnswersIsUnreachable(t *testing.T) {
	relay := api.Relay(t)
	relay.Interrupt()
	server := configured(t, map[string]string{
		"kubeconfig": relay.Kubeconfig, "kubeClientSettings": `{"timeout":1}`, "deleteUnreachable": "true",
	})
	config := resourceOf(t, server, "kubernetes:core/v1:ConfigMap", "unseen")
	err := config.tryCreate(configMap(fields{"name": "unseen"}, fields{}))
	require.ErrorContains(t, err, "configured Kubernetes cluster is unreachable")
	require.ErrorContains(t, err, "timeout=1s")
	config.id = "default/unseen"
	require.NoError(t, config.delete())
}
