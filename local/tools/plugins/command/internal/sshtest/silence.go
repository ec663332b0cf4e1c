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

// muffled loses what is written to it once it is silent.
type muffled struct {
	net.Conn
	silent *atomic.Bool
}

func (m *muffled) Write(data []byte) (int, error) {
	if m.silent.Load() {
		return len(data), nil
	}
	return m.Conn.Write(data)
}

// DeadPort is a port of 127.0.0.1 that never answers, as a firewall makes it: connections to it are neither taken nor
// refused. Linux drops them while the queue of those that nobody takes is full.
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

// Dialled tells whether somebody waits for a port of this machine to answer.
func Dialled(port int) bool {
	const synSent = "02"
	connections, err := os.ReadFile("/proc/net/tcp")
	return err == nil && strings.Contains(string(connections), fmt.Sprintf(":%04X %s ", port, synSent))
}
