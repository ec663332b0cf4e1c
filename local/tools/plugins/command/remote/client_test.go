package remote

import (
	"context"
	"strings"
	"testing"
	"time"

	"hardway/local/tools/plugins/command/internal/sshtest"
)

// A machine that vanishes closes no connection: it has to be noticed that nothing comes from it any more.
func TestMachineThatFallsSilent(t *testing.T) {
	every, limit := signOfLifeEvery, silenceLimit
	signOfLifeEvery, silenceLimit = 20*time.Millisecond, 200*time.Millisecond
	t.Cleanup(func() { signOfLifeEvery, silenceLimit = every, limit })

	for name, use := range map[string]func(context.Context, *Connection, *sshtest.Server) error{
		"during a command": func(ctx context.Context, connection *Connection, server *sshtest.Server) error {
			go func() {
				for len(server.Commands()) == 0 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				server.FallSilent()
			}()
			command := "sleep 60"
			return (&CommandOutputs{CommandInputs: CommandInputs{Connection: connection}}).run(ctx, &command)
		},
		"during a copy": func(ctx context.Context, connection *Connection, server *sshtest.Server) error {
			return connection.transfer(ctx, func(copying *transfer) error {
				server.FallSilent()
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
				want := connection.address() + " has not answered for 200ms: the machine is gone, or the network to it"
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q", err, want)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("nobody noticed")
			}
		})
	}
}

func endpointOf(server *sshtest.Server) endpoint {
	user, password, host, port := sshtest.User, sshtest.Password, server.Host(), float64(server.Port())
	return endpoint{User: &user, Password: &password, Host: &host, Port: &port}
}
