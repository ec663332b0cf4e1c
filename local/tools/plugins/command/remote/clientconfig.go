package remote

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentSocketVariable names the socket of the SSH agent to use when the connection does not set agentSocketPath.
const agentSocketVariable = "SSH_AUTH_SOCK"

// address is host:port.
func (e *endpoint) address() string {
	return net.JoinHostPort(valueOr(e.Host, ""), strconv.Itoa(int(valueOr(e.Port, defaultPort))))
}

func (e *endpoint) dialErrorLimit() int { return valueOr(e.DialErrorLimit, defaultDialErrorLimit) }

// clientConfig returns the credentials and the host key check. The closer is the connection to the SSH agent, or nil;
// close it after the last login. It fails when a host key or private key is malformed or the agent cannot be reached.
func (e *endpoint) clientConfig() (*ssh.ClientConfig, io.Closer, error) {
	config := &ssh.ClientConfig{
		User:            valueOr(e.User, defaultUser),
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		Timeout:         time.Duration(valueOr(e.PerDialTimeout, defaultPerDialTimeout)) * time.Second,
	}
	if e.HostKey != nil {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
		if err != nil {
			return nil, nil, fmt.Errorf("failed to parse host key: %w", err)
		}
		config.HostKeyCallback = accept(key)
		// A server may have several keys, so ask for the type of this one. As upstream, the type of an RSA key asks
		// for SHA-1 signatures, which current servers refuse.
		config.HostKeyAlgorithms = []string{key.Type()}
	}
	if e.PrivateKey != nil {
		signer, err := e.signer()
		if err != nil {
			return nil, nil, err
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	}
	if e.Password != nil {
		config.Auth = append(config.Auth, ssh.Password(*e.Password), ssh.KeyboardInteractive(e.answer))
	}
	conn, err := e.dialAgent()
	if err != nil || conn == nil {
		return config, nil, err
	}
	config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(conn).Signers))
	return config, conn, nil
}

func (e *endpoint) signer() (ssh.Signer, error) {
	if e.PrivateKeyPassword != nil {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(*e.PrivateKey), []byte(*e.PrivateKeyPassword))
	}
	return ssh.ParsePrivateKey([]byte(*e.PrivateKey))
}

// answer answers every question of a keyboard-interactive login with the password.
func (e *endpoint) answer(_, _ string, questions []string, _ []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range answers {
		answers[i] = *e.Password
	}
	return answers, nil
}

// dialAgent returns nil when there is no agent.
func (e *endpoint) dialAgent() (net.Conn, error) {
	path := valueOr(e.AgentSocketPath, os.Getenv(agentSocketVariable))
	if path == "" && e.AgentSocketPath == nil {
		return nil, nil
	}
	return net.Dial("unix", path)
}

func valueOr[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}
