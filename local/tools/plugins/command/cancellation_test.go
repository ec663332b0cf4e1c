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
	for name, server := range map[string]*sshtest.Server{
		"a machine that refuses":  {Refuse: 1000},
		"a machine without voice": {Mute: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := startEngine(t)
			server.Start(t)
			connection := connectionTo(server)
			connection["dialErrorLimit"], connection["perDialTimeout"] = -1, 0
			failed := make(chan error)
			go func() { failed <- login(e, connection) }()
			eventually(t, "a dial", func() bool { return server.Accepted() > 0 })
			wantPromptCancellation(t, e, failed)
		})
	}
}

func wantPromptCancellation(t *testing.T, e *engine, failed <-chan error) {
	t.Helper()
	start := time.Now()
	must(t, e.provider.SignalCancellation(context.Background()))
	select {
	case err := <-failed:
		wantError(t, err, "context canceled")
	case <-time.After(10 * time.Second):
		t.Fatal("still running 10 s after it was cancelled")
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("ended only %v after it was cancelled", took)
	}
}

func TestTimeoutOfTheResource(t *testing.T) {
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

func TestCancellationOfAStubbornCommand(t *testing.T) {
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
