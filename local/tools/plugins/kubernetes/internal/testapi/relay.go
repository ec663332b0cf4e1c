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

// Relay is another address of the API server, behind a network that can fail.
type Relay struct {
	// Kubeconfig is the administrator's, with this address.
	Kubeconfig string

	interrupted atomic.Bool
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
	cluster.TLSServerName = "127.0.0.1" // Makes the TLS settings differ, so that client-go does not share cached connections.
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

// Interrupt drops all answers of the API server from now on. Connections stay open.
func (r *Relay) Interrupt() { r.interrupted.Store(true) }

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

// answers drops what is written to it once the relay is interrupted.
type answers struct {
	*Relay
	to io.Writer
}

func (a answers) Write(data []byte) (int, error) {
	if a.interrupted.Load() {
		return len(data), nil
	}
	return a.to.Write(data)
}
