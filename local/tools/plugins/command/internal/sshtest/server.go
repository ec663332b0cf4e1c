// Package sshtest is an SSH server for tests: it listens on the loopback address, runs commands as the user of the
// test, serves files over SFTP and forwards connections.
package sshtest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

// User and Password are what the server lets in, besides AuthorizedKey.
const (
	User     = "operator"
	Password = "correct horse"
)

// Server is one SSH server. The exported fields are set before Start.
type Server struct {
	// HostKeys are shown to clients; one ed25519 key by default.
	HostKeys []ssh.Signer
	// AuthorizedKey may log in, if set.
	AuthorizedKey ssh.PublicKey
	// AcceptEnv lists the environment variables that a client may set.
	AcceptEnv []string
	// Refuse is how many connections are closed at once before the first is served.
	Refuse int32
	// Mute servers take connections and never speak.
	Mute bool

	accepted atomic.Int32
	silent   atomic.Bool
	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
	commands []string
}

// Start lets the server listen until the test ends.
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

// Stop ends the server and its connections: the machine is gone.
func (s *Server) Stop() {
	s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		conn.Close()
	}
}

// FallSilent is what a machine does that loses its power: its connections stay open, and nothing comes from them.
func (s *Server) FallSilent() { s.silent.Store(true) }

// Host and Port are where the server listens.
func (s *Server) Host() string { return "127.0.0.1" }

// Port is where the server listens.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Accepted is how many connections came.
func (s *Server) Accepted() int { return int(s.accepted.Load()) }

// Open is how many connections are open.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Commands are the commands that clients ran.
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
		conn = &muffled{Conn: conn, silent: &s.silent}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		if !s.Mute {
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
