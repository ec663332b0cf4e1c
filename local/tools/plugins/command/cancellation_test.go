package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"hardway/local/tools/plugins/command/internal/sshtest"
)

func TestCancellationWhileDialling(t *testing.T) {
	refusing, silent, dead := &sshtest.Server{Refuse: 1000}, &sshtest.Server{Silent: true}, sshtest.DeadPort(t)
	for name, test := range map[string]struct {
		connection props
		dialled    func() bool
	}{
		"connections are refused": {connectionTo(refusing.Start(t)), func() bool { return refusing.Accepted() > 0 }},
		"the machine is silent":   {connectionTo(silent.Start(t)), func() bool { return silent.Accepted() > 0 }},
		"connections are dropped": {props{"host": "127.0.0.1", "port": dead}, func() bool { return sshtest.Dialled(dead) }},
	} {
		t.Run(name, func(t *testing.T) {
			e := startEngine(t)
			test.connection["dialErrorLimit"], test.connection["perDialTimeout"] = -1, 0
			failed := make(chan error)
			go func() { failed <- login(e, test.connection) }()
			eventually(t, "a dial", test.dialled)
			wantPromptCancellation(t, e, failed)
		})
	}
}

// wantPromptCancellation cancels as the engine does on Ctrl-C, and expects the operation to fail within 10 s.
func wantPromptCancellation(t *testing.T, e *engine, failed <-chan error) {
	t.Helper()
	must(t, e.provider.SignalCancellation(context.Background()))
	select {
	case err := <-failed:
		wantError(t, err, "context canceled")
	case <-time.After(10 * time.Second):
		t.Fatal("still running 10 s after the cancellation")
	}
}

func TestCustomTimeoutStopsTheCommand(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	checked := e.mustCheck(remoteCommand, props{"connection": connectionTo(server), "create": "echo begun; sleep 60"})
	_, err := e.provider.Create(context.Background(), plugin.CreateRequest{
		URN: urnOf(remoteCommand), Name: "it", Type: remoteCommand, Properties: checked, Timeout: 1,
	})
	wantError(t, err, "deadline exceeded", "begun")
}

func TestCancellationEndsTheRemoteCommand(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	pidFile := filepath.Join(t.TempDir(), "pid")
	failed := make(chan error)
	go func() {
		_, err := e.tryCreate(remoteCommand, props{
			"connection": connectionTo(server), "create": fmt.Sprintf("echo $$ > '%s'; echo begun; sleep 60", pidFile),
		})
		failed <- err
	}()
	eventually(t, "the command runs", func() bool { return slices.Contains(e.logs(), "begun") })
	wantPromptCancellation(t, e, failed)

	contents, err := os.ReadFile(pidFile)
	must(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(contents)))
	must(t, err)
	eventually(t, "the command has ended", func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH })
}

// When a command ignores SIGTERM, its connection is closed instead.
func TestCancellationOfACommandThatIgnoresSIGTERM(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	failed := make(chan error)
	go func() {
		_, err := e.tryCreate(remoteCommand, props{
			"connection": connectionTo(server), "create": "trap '' TERM; echo begun; for i in $(seq 60); do sleep 0.1; done",
		})
		failed <- err
	}()
	eventually(t, "the command runs", func() bool { return slices.Contains(e.logs(), "begun") })
	must(t, e.provider.SignalCancellation(context.Background()))
	wantError(t, <-failed, "context canceled")
	eventually(t, "every connection is closed", func() bool { return server.Open() == 0 })
}
