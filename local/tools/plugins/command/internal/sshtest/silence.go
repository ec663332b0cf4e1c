package sshtest

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// muted drops what is written to it once the server has stopped answering.
type muted struct {
	net.Conn
	stopped *atomic.Bool
}

func (m *muted) Write(data []byte) (int, error) {
	if m.stopped.Load() {
		return len(data), nil
	}
	return m.Conn.Write(data)
}

// DeadPort returns a port of 127.0.0.1 that neither accepts nor refuses connections, like one behind a firewall that
// drops packets. Linux drops connection attempts while a listener's backlog is full.
func DeadPort(t *testing.T) int {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(socket, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	port := name.(*syscall.SockaddrInet4).Port
	filler, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { filler.Close() })
	return port
}

// Dialled reports whether a connection attempt to a port of this machine is waiting for an answer.
func Dialled(port int) bool {
	const synSent = "02"
	connections, err := os.ReadFile("/proc/net/tcp")
	return err == nil && strings.Contains(string(connections), fmt.Sprintf(":%04X %s ", port, synSent))
}
