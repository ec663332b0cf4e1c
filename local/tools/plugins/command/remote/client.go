package remote

import (
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/ssh"
)

// The time between keepalive requests, and how long the machine may take to answer one. A machine that loses its power
// or its network does not close its connections. TCP notices only after minutes, and only if something is written.
var (
	keepaliveInterval = 15 * time.Second
	keepaliveTimeout  = 45 * time.Second
)

// client is an SSH connection to a machine, and the one to the proxy that it goes through.
type client struct {
	*ssh.Client
	address string
	proxy   io.Closer
	// ctx ends with the caller's, when the client is closed, or when the machine stops answering (the cause says so).
	ctx context.Context
	end context.CancelCauseFunc
}

// newClient takes ownership of both connections. proxy is nil when there is none.
func newClient(ctx context.Context, address string, login *ssh.Client, proxy io.Closer) *client {
	c := &client{Client: login, address: address, proxy: proxy}
	c.ctx, c.end = context.WithCancelCause(ctx)
	go c.keepAlive()
	return c
}

// keepAlive ends ctx when the machine does not answer any more.
func (c *client) keepAlive() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-time.After(keepaliveInterval):
		}
		timer := time.AfterFunc(keepaliveTimeout, func() {
			c.end(fmt.Errorf("%s has not answered for %v: the machine or the network to it is down", c.address, keepaliveTimeout))
		})
		// Servers refuse this request. The refusal shows that they are alive.
		_, _, err := c.SendRequest("keepalive@openssh.com", true, nil)
		timer.Stop()
		if err != nil {
			return // The connection is closed, which its users notice themselves.
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
