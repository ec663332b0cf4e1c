package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func get(url string) (int, string) {
	request := httptest.NewRequest(http.MethodGet, url, nil)
	request.RemoteAddr = "10.0.0.7:1234"
	answer := httptest.NewRecorder()
	handler().ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

func TestNetexecAnswers(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"/hostname":             name,
		"/echo?msg=a%20%3Cb%3E": "a <b>",
		"/clientip":             "10.0.0.7:1234",
		"/healthz":              "",
	} {
		if status, text := get(url); status != http.StatusOK || text != want {
			t.Errorf("%s answers %d %q, want 200 %q", url, status, text, want)
		}
	}
	if _, text := get("/"); !strings.HasPrefix(text, "NOW: ") {
		t.Errorf("/ answers %q, want the time", text)
	}
	if status, _ := get("/other"); status != http.StatusNotFound {
		t.Errorf("/other answers %d, want 404", status)
	}
}

func TestCommands(t *testing.T) {
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	for _, args := range [][]string{nil, {"pause"}, {"netexec", "--http-port=0"}} {
		if err := run(stopped, args); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	if err := run(stopped, []string{"dns-suffix"}); err == nil || !strings.Contains(err.Error(), "dns-suffix") {
		t.Errorf("an unknown command gets %v, want an error that names it", err)
	}
	if err := run(stopped, []string{"netexec", "--http-port=x"}); err == nil {
		t.Error("a wrong port is accepted")
	}
}
