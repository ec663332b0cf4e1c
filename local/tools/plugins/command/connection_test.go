package main

import (
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"hardway/local/tools/plugins/command/internal/sshtest"
)

// login runs a command over the connection.
func login(e *engine, connection props) error {
	e.t.Helper()
	_, err := e.tryCreate(remoteCommand, props{"connection": connection, "create": "true"})
	return err
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestLogin(t *testing.T) {
	e := startEngine(t)
	key := sshtest.NewKey(t, sshtest.ED25519)
	server := (&sshtest.Server{AuthorizedKey: key.Signer.PublicKey()}).Start(t)
	socket := serveAgent(t, key)

	for name, test := range map[string]struct {
		change props
		err    string
	}{
		"password":                   {props{}, ""},
		"wrong password":             {props{"password": "x"}, "unable to authenticate"},
		"private key":                {props{"password": nil, "privateKey": key.PEM(t, "")}, ""},
		"encrypted private key":      {props{"password": nil, "privateKey": key.PEM(t, "p"), "privateKeyPassword": "p"}, ""},
		"wrong passphrase":           {props{"privateKey": key.PEM(t, "p"), "privateKeyPassword": "q"}, "decryption password incorrect"},
		"missing passphrase":         {props{"privateKey": key.PEM(t, "p")}, "passphrase protected"},
		"unreadable private key":     {props{"privateKey": "key"}, "no key found"},
		"agent":                      {props{"password": nil, "agentSocketPath": socket}, ""},
		"no agent at the socket":     {props{"agentSocketPath": "/nonexistent/agent"}, "dial unix /nonexistent/agent"},
		"unreadable host key":        {props{"hostKey": "ssh-ed25519 nonsense"}, "failed to parse host key"},
		"other user":                 {props{"user": "root"}, "unable to authenticate"},
		"no credentials":             {props{"password": nil}, "unable to authenticate"},
		"unknown host name":          {props{"host": "no-such-host.invalid"}, "after 0 failed attempts: dial tcp"},
		"password after a wrong key": {props{"privateKey": sshtest.NewKey(t, sshtest.ECDSA).PEM(t, "")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			connection := connectionTo(server)
			for property, value := range test.change {
				if value == nil {
					delete(connection, property)
				} else {
					connection[property] = value
				}
			}
			err := login(e, connection)
			if test.err != "" {
				wantError(t, err, test.err)
			} else {
				must(t, err)
			}
		})
	}

	t.Run("agent from the environment", func(t *testing.T) {
		t.Setenv("SSH_AUTH_SOCK", socket)
		connection := connectionTo(server)
		delete(connection, "password")
		must(t, login(e, connection))
	})
}

func serveAgent(t *testing.T, key sshtest.Key) string {
	t.Helper()
	keyring := agent.NewKeyring()
	must(t, keyring.Add(agent.AddedKey{PrivateKey: key.Private()}))
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = agent.ServeAgent(keyring, conn)
				conn.Close()
			}()
		}
	}()
	return socket
}

// A Debian server has keys of three types, and the client asks for the type that is pinned. As upstream, an RSA key
// cannot be pinned, because OpenSSH no longer makes signatures of the type ssh-rsa.
func TestHostKey(t *testing.T) {
	e := startEngine(t)
	ed25519, ecdsa, rsa := sshtest.NewKey(t, sshtest.ED25519), sshtest.NewKey(t, sshtest.ECDSA), sshtest.NewKey(t, sshtest.RSA)
	server := (&sshtest.Server{HostKeys: []ssh.Signer{rsa.Signer, ecdsa.Signer, ed25519.Signer}}).Start(t)
	for name, test := range map[string]struct{ hostKey, err string }{
		"ed25519":              {ed25519.Authorized(), ""},
		"ecdsa":                {ecdsa.Authorized(), ""},
		"ed25519 with comment": {strings.TrimSpace(ed25519.Authorized()) + " root@controller-0", ""},
		"rsa":                  {rsa.Authorized(), "no common algorithm for host key"},
		"another ed25519":      {sshtest.NewKey(t, sshtest.ED25519).Authorized(), "ssh: handshake failed: ssh: host key mismatch"},
		"another ecdsa":        {sshtest.NewKey(t, sshtest.ECDSA).Authorized(), "ssh: handshake failed: ssh: host key mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			connection := connectionTo(server)
			connection["hostKey"] = test.hostKey
			err := login(e, connection)
			if test.err != "" {
				wantError(t, err, test.err)
			} else {
				must(t, err)
			}
		})
	}
}

func TestWrongHostKeyRunsNothing(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	connection := connectionTo(server)
	connection["hostKey"] = sshtest.NewKey(t, sshtest.ED25519).Authorized()
	other, shown := hostKeyOf(t, connection["hostKey"].(string)), server.HostKeys[0].PublicKey()
	wantError(t, login(e, connection), "ssh: host key mismatch: "+net.JoinHostPort(server.Host(), strconv.Itoa(server.Port()))+
		" has ssh-ed25519 "+ssh.FingerprintSHA256(shown)+", but `hostKey` is ssh-ed25519 "+ssh.FingerprintSHA256(other),
		"If the machine was recreated, set `hostKey` to its new key")
	if commands := server.Commands(); len(commands) != 0 {
		t.Errorf("ran %q", commands)
	}
}

func hostKeyOf(t *testing.T, authorized string) ssh.PublicKey {
	t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(authorized))
	must(t, err)
	return key
}

func TestDialRetries(t *testing.T) {
	e := startEngine(t)
	t.Run("until the machine answers", func(t *testing.T) {
		server := (&sshtest.Server{Refuse: 3}).Start(t)
		connection := connectionTo(server)
		connection["dialErrorLimit"] = 3
		start := time.Now()
		must(t, login(e, connection))
		// 100 + 150 + 225 ms.
		if waited := time.Since(start); waited < 475*time.Millisecond || server.Accepted() != 4 {
			t.Errorf("%d dials in %v", server.Accepted(), waited)
		}
		for _, message := range []string{"Dial 1/3 failed: retrying: ssh: handshake failed", "Dial 3/3 failed: retrying: "} {
			wantLog(t, e, message)
		}
	})
	t.Run("up to the limit", func(t *testing.T) {
		server := (&sshtest.Server{Refuse: 100}).Start(t)
		connection := connectionTo(server)
		connection["dialErrorLimit"] = 2
		wantError(t, login(e, connection), "after 2 failed attempts: ")
		if server.Accepted() != 3 {
			t.Errorf("%d dials", server.Accepted())
		}
	})
	t.Run("without a limit", func(t *testing.T) {
		server := (&sshtest.Server{Refuse: 4}).Start(t)
		connection := connectionTo(server)
		connection["dialErrorLimit"] = -1
		must(t, login(e, connection))
		wantLog(t, e, "Dial 4/inf failed: retrying: ")
	})
}

func wantLog(t *testing.T, e *engine, start string) {
	t.Helper()
	if !slices.ContainsFunc(e.logs(), func(message string) bool { return strings.HasPrefix(message, start) }) {
		t.Errorf("no message in %q starts with %q", e.logs(), start)
	}
}

func TestPerDialTimeout(t *testing.T) {
	for name, test := range map[string]struct {
		change props
		err    string
	}{
		"the machine is silent":   {props{}, "deadline exceeded"},
		"connections are dropped": {props{"port": sshtest.DeadPort(t)}, "i/o timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			e := startEngine(t)
			connection := connectionTo((&sshtest.Server{Silent: true}).Start(t))
			connection["perDialTimeout"] = 1
			maps.Copy(connection, test.change)
			wantError(t, login(e, connection), "after 0 failed attempts: ", test.err)
		})
	}
}

func TestVanishedMachine(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	made := e.create(remoteCommand, props{"connection": connectionTo(server), "create": "true", "delete": "true"})
	withoutDelete := e.create(remoteCommand, props{"connection": connectionTo(server), "create": "true"})
	server.Stop()
	wantError(t, e.delete(made), "after 0 failed attempts: dial tcp", "connection refused")
	must(t, e.delete(withoutDelete))
}

func TestMachineVanishesDuringCommand(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	failed := make(chan error)
	go func() {
		_, err := e.tryCreate(remoteCommand, props{"connection": connectionTo(server), "create": "echo begun; sleep 60"})
		failed <- err
	}()
	eventually(t, "the command runs", func() bool { return slices.Contains(e.logs(), "begun") })
	server.Stop()
	wantError(t, <-failed, "remote command exited without exit status", "begun")
}

func TestProxy(t *testing.T) {
	e := startEngine(t)
	target, proxy := (&sshtest.Server{}).Start(t), (&sshtest.Server{}).Start(t)
	through := func(change func(connection, proxy props)) error {
		connection, proxyConnection := connectionTo(target), connectionTo(proxy)
		change(connection, proxyConnection)
		connection["proxy"] = proxyConnection
		return login(e, connection)
	}
	must(t, through(func(_, _ props) {}))
	if target.Accepted() != 1 || proxy.Accepted() != 1 {
		t.Errorf("%d connections to the target, %d to the proxy", target.Accepted(), proxy.Accepted())
	}
	wantError(t, through(func(_, proxy props) { proxy["password"] = "x" }), "proxy: ", "unable to authenticate")
	wantError(t, through(func(connection, _ props) { connection["password"] = "x" }), "proxy: ", "unable to authenticate")
	wantError(t, through(func(connection, _ props) { connection["port"] = 1 }), "proxy: ", "connection refused")
	wantError(t, through(func(_, proxy props) { proxy["hostKey"] = sshtest.NewKey(t, sshtest.ED25519).Authorized() }),
		"proxy: ", "host key mismatch")
	eventually(t, "every connection is closed", func() bool { return target.Open()+proxy.Open() == 0 })
}
