package remote

import (
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/ssh"
)

// How often a machine is asked for a sign of life, and how long it may take to give one. A machine that loses its
// power or its network closes no connection, and TCP alone notices after minutes, if anything is written at all.
var (
	signOfLifeEvery = 15 * time.Second
	silenceLimit    = 45 * time.Second
)

// client is a login at a machine, and the login at the proxy that it goes through.
type client struct {
	*ssh.Client
	address string
	proxy   io.Closer
	// ctx ends when the caller's does, when the machine falls silent, which is its cause then, and with the client.
	ctx context.Context
	end context.CancelCauseFunc
}

// newClient takes over both logins. proxy is nil when there is none.
func newClient(ctx context.Context, address string, login *ssh.Client, proxy io.Closer) *client {
	c := &client{Client: login, address: address, proxy: proxy}
	c.ctx, c.end = context.WithCancelCause(ctx)
	go c.listen()
	return c
}

// listen ends ctx when the machine falls silent.
func (c *client) listen() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-time.After(signOfLifeEvery):
		}
		silent := time.AfterFunc(silenceLimit, func() {
			c.end(fmt.Errorf("%s has not answered for %v: the machine is gone, or the network to it", c.address, silenceLimit))
		})
		// Servers refuse this request, and the refusal is the sign of life.
		_, _, err := c.SendRequest("keepalive@openssh.com", true, nil)
		silent.Stop()
		if err != nil {
			return // Closed: whoever uses the connection sees that by himself.
		}
	}
}

func (c *client) Close() error {
	c.end(nil)
	err := c.Client.Close()
	if c.proxy != nil {
		c.proxy.Close()
	}
	return err
}
