package sshtest

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

var errDenied = errors.New("denied")

func (s *Server) channel(request ssh.NewChannel) {
	switch request.ChannelType() {
	case "session":
		channel, requests, err := request.Accept()
		if err == nil {
			(&session{server: s, channel: channel}).serve(requests)
		}
	case "direct-tcpip":
		forward(request)
	default:
		_ = request.Reject(ssh.UnknownChannelType, request.ChannelType())
	}
}

// session is one command or one subsystem of a client.
type session struct {
	server  *Server
	channel ssh.Channel
	env     []string
	cmd     *exec.Cmd
}

func (s *session) serve(requests <-chan *ssh.Request) {
	for request := range requests {
		ok := false
		switch request.Type {
		case "env":
			var variable struct{ Name, Value string }
			ok = ssh.Unmarshal(request.Payload, &variable) == nil && slices.Contains(s.server.AcceptEnv, variable.Name)
			if ok {
				s.env = append(s.env, variable.Name+"="+variable.Value)
			}
		case "exec":
			var command struct{ Text string }
			ok = ssh.Unmarshal(request.Payload, &command) == nil && s.start(command.Text) == nil
		case "signal":
			// As with OpenSSH, the signal goes to the process group of the command.
			var signal struct{ Name string }
			if ssh.Unmarshal(request.Payload, &signal) == nil && signal.Name == "TERM" && s.cmd != nil {
				ok = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGTERM) == nil
			}
		case "subsystem":
			var subsystem struct{ Name string }
			ok = ssh.Unmarshal(request.Payload, &subsystem) == nil && subsystem.Name == "sftp"
			if ok {
				go s.sftp()
			}
		}
		if request.WantReply {
			_ = request.Reply(ok, nil)
		}
		// Not earlier: a short command would close the channel before the reply to its exec request.
		if request.Type == "exec" && ok {
			go s.wait()
		}
	}
}

func (s *session) start(command string) error {
	s.server.mu.Lock()
	s.server.commands = append(s.server.commands, command)
	s.server.mu.Unlock()
	s.cmd = exec.Command("/bin/sh", "-c", command)
	s.cmd.Env = append(os.Environ(), s.env...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.cmd.Stdout, s.cmd.Stderr = s.channel, s.channel.Stderr()
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(stdin, s.channel)
		_ = stdin.Close()
	}()
	return nil
}

// wait reports how the command ended.
func (s *session) wait() {
	_ = s.cmd.Wait()
	status := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		_, _ = s.channel.SendRequest("exit-signal", false, ssh.Marshal(struct {
			Name    string
			Core    bool
			Message string
			Lang    string
		}{Name: map[syscall.Signal]string{syscall.SIGTERM: "TERM", syscall.SIGKILL: "KILL"}[status.Signal()]}))
	} else {
		_, _ = s.channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status.ExitStatus())}))
	}
	_ = s.channel.Close()
}

func (s *session) sftp() {
	defer s.channel.Close()
	server, err := sftp.NewServer(s.channel)
	if err != nil {
		return
	}
	_ = server.Serve()
}

func forward(request ssh.NewChannel) {
	var target struct {
		Host       string
		Port       uint32
		OriginHost string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(request.ExtraData(), &target); err != nil {
		_ = request.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	conn, err := net.Dial("tcp", net.JoinHostPort(target.Host, strconv.Itoa(int(target.Port))))
	if err != nil {
		_ = request.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	defer conn.Close()
	channel, requests, err := request.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	go ssh.DiscardRequests(requests)
	done := make(chan struct{}, 2)
	copyOneWay := func(to io.Writer, from io.Reader) {
		_, _ = io.Copy(to, from)
		done <- struct{}{}
	}
	go copyOneWay(channel, conn)
	go copyOneWay(conn, channel)
	<-done
}
