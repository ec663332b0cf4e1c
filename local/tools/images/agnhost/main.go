// Command agnhost stands for Kubernetes' test image of this name. It has the two commands that are used most, with the flags
// and answers of the original:
//
//	agnhost netexec [--http-port=8080]   answers /hostname, /echo?msg=TEXT, /clientip, /healthz and /
//	agnhost pause                        waits for SIGINT or SIGTERM
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	if err := run(stop, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "agnhost:", err)
		os.Exit(1)
	}
}

func run(stop context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"pause"} // as the original does
	}
	switch command, rest := args[0], args[1:]; command {
	case "pause":
		<-stop.Done()
		return nil
	case "netexec":
		flags := flag.NewFlagSet("netexec", flag.ContinueOnError)
		port := flags.Int("http-port", 8080, "port of the HTTP server")
		if err := flags.Parse(rest); err != nil {
			return err
		}
		return serve(stop, net.JoinHostPort("", strconv.Itoa(*port)))
	default:
		return fmt.Errorf("this stand-in has only the commands netexec and pause, not %q", command)
	}
}

func serve(stop context.Context, address string) error {
	server := &http.Server{Addr: address, Handler: handler(), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	select {
	case err := <-ended:
		return err
	case <-stop.Done():
	}
	limit, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(limit); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(answer, "NOW: %v", time.Now())
	})
	mux.HandleFunc("/hostname", func(answer http.ResponseWriter, _ *http.Request) {
		name, err := os.Hostname()
		if err != nil {
			http.Error(answer, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(answer, name)
	})
	mux.HandleFunc("/echo", func(answer http.ResponseWriter, request *http.Request) {
		answer.Header().Set("Content-Type", "text/plain; charset=utf-8") // a browser must not run what it sent
		fmt.Fprint(answer, request.FormValue("msg"))
	})
	mux.HandleFunc("/clientip", func(answer http.ResponseWriter, request *http.Request) {
		fmt.Fprint(answer, request.RemoteAddr)
	})
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	return mux
}
