package remote

import (
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
)

// dial logs in to the machine, through the proxy if there is one, and retries failed attempts. Closing the client
// closes every connection behind it. dial returns soon after ctx ends; later use of the client is bound to client.ctx.
func (c *Connection) dial(ctx context.Context) (*client, error) {
	config, agent, err := c.clientConfig()
	if err != nil {
		return nil, err
	}
	if agent != nil {
		defer agent.Close()
	}
	if c.Proxy != nil {
		cl, err := c.dialThroughProxy(ctx, config)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		return cl, nil
	}
	direct, err := withRetry(ctx, "Dial", c.dialErrorLimit(), func() (*ssh.Client, error) {
		return dialOnce(ctx, c.address(), config)
	})
	if err != nil {
		return nil, err
	}
	return newClient(ctx, c.address(), direct, nil), nil
}

func (c *Connection) dialThroughProxy(ctx context.Context, config *ssh.ClientConfig) (*client, error) {
	proxyConfig, agent, err := c.Proxy.clientConfig()
	if err != nil {
		return nil, err
	}
	if agent != nil {
		defer agent.Close()
	}
	proxy, err := withRetry(ctx, "Dial proxy", c.Proxy.dialErrorLimit(), func() (*ssh.Client, error) {
		return dialOnce(ctx, c.Proxy.address(), proxyConfig)
	})
	if err != nil {
		return nil, err
	}
	target, err := withRetry(ctx, "Dial from proxy", c.dialErrorLimit(), func() (*ssh.Client, error) {
		// The channel of an SSH connection has no deadlines, so the timeout applies to the context instead.
		ctx, cancel := withTimeout(ctx, config.Timeout)
		defer cancel()
		conn, err := proxy.DialContext(ctx, "tcp", c.address())
		if err != nil {
			return nil, err
		}
		return handshake(ctx, conn, c.address(), config)
	})
	if err != nil {
		proxy.Close()
		return nil, err
	}
	return newClient(ctx, c.address(), target, proxy), nil
}

// dialOnce makes one attempt. The configured timeout covers the login too, because a machine that is starting may
// accept the connection and never answer.
func dialOnce(ctx context.Context, address string, config *ssh.ClientConfig) (*ssh.Client, error) {
	ctx, cancel := withTimeout(ctx, config.Timeout)
	defer cancel()
	dialer := net.Dialer{Timeout: config.Timeout}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return handshake(ctx, conn, address, config)
}

// handshake logs in over conn. It closes conn on failure.
func handshake(ctx context.Context, conn net.Conn, address string, config *ssh.ClientConfig) (*ssh.Client, error) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	inner, channels, requests, err := ssh.NewClientConn(conn, address, config)
	if !stop() {
		err = fmt.Errorf("ssh: login at %s: %w", address, context.Cause(ctx))
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return ssh.NewClient(inner, channels, requests), nil
}

func withTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, timeout)
}
