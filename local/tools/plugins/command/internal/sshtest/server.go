// Package sshtest is an SSH server for tests. It listens on the loopback address, runs commands as the user who runs
// the test, serves files over SFTP and forwards connections.
package sshtest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

// User and Password are the credentials that the server accepts, besides AuthorizedKey.
const (
	User     = "operator"
	Password = "correct horse"
)

// Server is one SSH server. Set the exported fields before Start.
type Server struct {
	// HostKeys defaults to one ed25519 key.
	HostKeys []ssh.Signer
	// AuthorizedKey may log in, if set.
	AuthorizedKey ssh.PublicKey
	// AcceptEnv lists the environment variables that a client may set.
	AcceptEnv []string
	// Refuse is the number of connections to close immediately before the first one is served.
	Refuse int32
	// Silent makes the server accept connections and never send anything.
	Silent bool

	accepted atomic.Int32
	stopped  atomic.Bool
	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
	commands []string
}

// Start makes the server listen until the test ends.
func (s *Server) Start(t *testing.T) *Server {
	t.Helper()
	if s.HostKeys == nil {
		s.HostKeys = []ssh.Signer{NewKey(t, ED25519).Signer}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = listener
	t.Cleanup(s.Stop)
	go s.accept()
	return s
}

// Stop closes the server and its connections, as if the machine had been deleted.
func (s *Server) Stop() {
	s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		conn.Close()
	}
}

// StopAnswering simulates a machine that loses its power: its connections stay open, but it sends nothing any more.
func (s *Server) StopAnswering() { s.stopped.Store(true) }

// Host is the address that the server listens on.
func (s *Server) Host() string { return "127.0.0.1" }

// Port is the port that the server listens on.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Accepted returns the number of connections accepted so far.
func (s *Server) Accepted() int { return int(s.accepted.Load()) }

// Open returns the number of open connections.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Commands returns the commands that clients have run.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.commands...)
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if s.accepted.Add(1) <= s.Refuse {
			conn.Close()
			continue
		}
		conn = &muted{Conn: conn, stopped: &s.stopped}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		if !s.Silent {
			go s.serve(conn)
		}
	}
}

func (s *Server) serve(conn net.Conn) {
	defer s.forget(conn)
	config := &ssh.ServerConfig{
		PasswordCallback: func(meta ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if meta.User() != User || string(password) != Password {
				return nil, errDenied
			}
			return nil, nil
		},
		PublicKeyCallback: func(meta ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if meta.User() != User || s.AuthorizedKey == nil || string(key.Marshal()) != string(s.AuthorizedKey.Marshal()) {
				return nil, errDenied
			}
			return nil, nil
		},
	}
	for _, key := range s.HostKeys {
		config.AddHostKey(key)
	}
	inner, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	defer inner.Close()
	go ssh.DiscardRequests(requests)
	for channel := range channels {
		go s.channel(channel)
	}
}

func (s *Server) forget(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.conns {
		if other == conn {
			s.conns = append(s.conns[:i], s.conns[i+1:]...)
			return
		}
	}
}
