package remote

import (
	"context"
	"strings"
	"testing"
	"time"

	"hardway/local/tools/plugins/command/internal/sshtest"
)

// A machine that loses its power does not close its connections: the client must notice that answers stop.
func TestMachineStopsAnswering(t *testing.T) {
	interval, timeout := keepaliveInterval, keepaliveTimeout
	keepaliveInterval, keepaliveTimeout = 20*time.Millisecond, 200*time.Millisecond
	t.Cleanup(func() { keepaliveInterval, keepaliveTimeout = interval, timeout })

	for name, use := range map[string]func(context.Context, *Connection, *sshtest.Server) error{
		"during a command": func(ctx context.Context, connection *Connection, server *sshtest.Server) error {
			go func() {
				for len(server.Commands()) == 0 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				server.StopAnswering()
			}()
			command := "sleep 60"
			return (&CommandOutputs{CommandInputs: CommandInputs{Connection: connection}}).run(ctx, &command)
		},
		"during a copy": func(ctx context.Context, connection *Connection, server *sshtest.Server) error {
			return connection.transfer(ctx, func(copying *transfer) error {
				server.StopAnswering()
				return copying.writeText("text", t.TempDir()+"/file")
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			proxy, server := (&sshtest.Server{}).Start(t), (&sshtest.Server{}).Start(t)
			connection := &Connection{endpoint: endpointOf(server), Proxy: &ProxyConnection{endpointOf(proxy)}}
			failed := make(chan error, 1)
			go func() { failed <- use(t.Context(), connection, server) }()
			select {
			case err := <-failed:
				want := connection.address() + " has not answered for 200ms: the machine or the network to it is down"
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q", err, want)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("no error within 10 s")
			}
		})
	}
}

func endpointOf(server *sshtest.Server) endpoint {
	user, password, host, port := sshtest.User, sshtest.Password, server.Host(), float64(server.Port())
	return endpoint{User: &user, Password: &password, Host: &host, Port: &port}
}
