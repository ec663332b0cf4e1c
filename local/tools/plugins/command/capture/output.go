// Package capture collects what a process writes and logs, line by line, the streams that may be logged.
package capture

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
)

// backlog is the number of lines that may wait for the engine. When it is full, the process blocks.
const backlog = 1024

// Output is what one process wrote. Its two writers may be used concurrently.
type Output struct {
	mu             sync.Mutex
	both           bytes.Buffer
	stdout, stderr stream
	lines          chan string
	logged         sync.WaitGroup
}

// New starts collecting. Lines of the logged streams go to the engine as status messages of the resource that ctx
// belongs to. The caller must call Close.
func New(ctx context.Context, logged Streams) *Output {
	o := &Output{lines: make(chan string, backlog)}
	o.stdout = stream{output: o, logged: logged.stdout()}
	o.stderr = stream{output: o, logged: logged.stderr()}
	logger := p.GetLogger(ctx)
	o.logged.Go(func() {
		for line := range o.lines {
			// A cancelled engine accepts no messages, and the logger would print them to the plugin's stderr.
			if ctx.Err() == nil {
				logger.InfoStatus(strings.ToValidUTF8(line, "\uFFFD"))
			}
		}
	})
	return o
}

// Writers returns the process's standard output and standard error.
func (o *Output) Writers() (stdout, stderr io.Writer) { return &o.stdout, &o.stderr }

// Close logs the last lines if they do not end in a newline, and waits until the engine has all lines. Nothing may be
// written afterwards.
func (o *Output) Close() {
	o.stdout.flush()
	o.stderr.flush()
	close(o.lines)
	o.logged.Wait()
}

// Stdout is the process's standard output without its final newline.
func (o *Output) Stdout() string { return o.stdout.text() }

// Stderr is the process's standard error without its final newline.
func (o *Output) Stderr() string { return o.stderr.text() }

// Failed returns the error of a failed command: the cause, the command and all its output.
func (o *Output) Failed(cause error, command string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return fmt.Errorf("%w: running %q:\n%s", cause, command, o.both.String())
}

// stream is one of the two output streams.
type stream struct {
	output *Output
	logged bool
	all    bytes.Buffer
	// line is the beginning of a line that is not complete yet.
	line []byte
}

func (s *stream) Write(data []byte) (int, error) {
	s.output.mu.Lock()
	s.all.Write(data)
	s.output.both.Write(data)
	s.output.mu.Unlock()
	if s.logged {
		s.log(data)
	}
	return len(data), nil
}

func (s *stream) log(data []byte) {
	for {
		head, tail, found := bytes.Cut(data, []byte("\n"))
		s.line = append(s.line, head...)
		if !found {
			return
		}
		s.flushLine()
		data = tail
	}
}

func (s *stream) flush() {
	if len(s.line) > 0 {
		s.flushLine()
	}
}

func (s *stream) flushLine() {
	s.output.lines <- string(bytes.TrimSuffix(s.line, []byte("\r")))
	s.line = s.line[:0]
}

func (s *stream) text() string {
	s.output.mu.Lock()
	defer s.output.mu.Unlock()
	return strings.TrimSuffix(s.all.String(), "\n")
}
