//go:build integration

package testapi

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

// Relay is another address of the API server, with a network between that can fail.
type Relay struct {
	// Kubeconfig is the administrator's, by way of this address.
	Kubeconfig string

	silent atomic.Bool
}

// Relay listens until the test ends.
func (a *API) Relay(t *testing.T) *Relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	config, err := clientcmd.Load([]byte(a.Kubeconfig))
	if err != nil {
		t.Fatal(err)
	}
	cluster := config.Clusters["test"]
	direct := strings.TrimPrefix(cluster.Server, "https://")
	cluster.Server = "https://" + listener.Addr().String()
	cluster.TLSServerName = "127.0.0.1" // Else client-go would use the connections' settings that it keeps from elsewhere.
	text, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	relay := &Relay{Kubeconfig: string(text)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go relay.carry(conn, direct)
		}
	}()
	return relay
}

// FallSilent loses all that the API server answers from now on. Connections stay open.
func (r *Relay) FallSilent() { r.silent.Store(true) }

func (r *Relay) carry(from net.Conn, address string) {
	defer from.Close()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer to.Close()
	go func() { _, _ = io.Copy(answers{r, from}, to) }()
	_, _ = io.Copy(to, from)
}

// answers loses what is written to it once the network has failed.
type answers struct {
	*Relay
	to io.Writer
}

func (a answers) Write(data []byte) (int, error) {
	if a.silent.Load() {
		return len(data), nil
	}
	return a.to.Write(data)
}
