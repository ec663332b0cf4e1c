//go:build integration

// Package testapi runs a real Kubernetes API for tests, on the loopback interface: etcd, kube-apiserver and the
// controllers that the tests need, from the binaries below $HARDWAY_MIRROR.
package testapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// API is one running cluster without nodes.
type API struct {
	// Kubeconfig is an administrator's. It contains the certificates.
	Kubeconfig string
	Config     *rest.Config
	Client     *kubernetes.Clientset

	dir       string
	processes []*exec.Cmd
}

const startTimeout = 90 * time.Second

// Start returns when the API is ready and its controllers run. Call Stop in any case, even after an error.
func Start() (api *API, err error) {
	api = &API{}
	mirror := os.Getenv("HARDWAY_MIRROR")
	if mirror == "" {
		return api, errors.New("HARDWAY_MIRROR must name a directory that contains etcd, kube-apiserver and kube-controller-manager; it is not set")
	}
	if api.dir, err = os.MkdirTemp("", "testapi"); err != nil {
		return api, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return api, err
	}
	keys, err := writeKeys(api.dir)
	if err != nil {
		return api, err
	}
	if err := api.useKubeconfig(keys, ports[2]); err != nil {
		return api, err
	}
	client, peer := url("http", ports[0]), url("http", ports[1])
	if err := api.run(mirror, "etcd", "--data-dir="+filepath.Join(api.dir, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls="+client, "--advertise-client-urls="+client, "--listen-peer-urls="+peer,
		"--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer); err != nil {
		return api, err
	}
	if err := api.run(mirror, "kube-apiserver", "--etcd-servers="+client, "--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", ports[2]), "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
		"--tls-cert-file="+keys.serverCert, "--tls-private-key-file="+keys.serverKey, "--client-ca-file="+keys.ca,
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+keys.serverKey,
		"--service-account-signing-key-file="+keys.serverKey, "--service-cluster-ip-range=10.0.0.0/24",
		"--authorization-mode=RBAC"); err != nil {
		return api, err
	}
	if err := api.until(api.ready); err != nil {
		return api, fmt.Errorf("kube-apiserver did not become ready: %w\n%s", err, api.lastLines("kube-apiserver"))
	}
	if err := api.run(mirror, "kube-controller-manager", "--kubeconfig="+filepath.Join(api.dir, "kubeconfig"),
		"--bind-address=127.0.0.1", "--secure-port=0", "--leader-elect=false", "--controllers="+
			"garbage-collector-controller,namespace-controller,resourcequota-controller,serviceaccount-controller"); err != nil {
		return api, err
	}
	if err := api.until(api.defaultServiceAccount); err != nil {
		return api, fmt.Errorf("kube-controller-manager did not start: %w\n%s", err, api.lastLines("kube-controller-manager"))
	}
	return api, nil
}

// Stop kills the processes and removes their files.
func (a *API) Stop() error {
	var problems []error
	for _, process := range a.processes {
		problems = append(problems, process.Process.Kill())
		_ = process.Wait() // The error only says that the process was killed.
	}
	if a.dir != "" {
		problems = append(problems, os.RemoveAll(a.dir))
	}
	return errors.Join(problems...)
}

func (a *API) ready(ctx context.Context) error {
	return a.Client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

func (a *API) defaultServiceAccount(ctx context.Context) error {
	_, err := a.Client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
	return err
}

func (a *API) until(check func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(context.Background(), 100*time.Millisecond, startTimeout, true,
		func(ctx context.Context) (bool, error) {
			last = check(ctx)
			return last == nil, nil
		})
	if err != nil {
		return last
	}
	return nil
}

func (a *API) useKubeconfig(keys keyFiles, port int) error {
	kubeconfig, err := keys.kubeconfig(url("https", port))
	if err != nil {
		return err
	}
	a.Kubeconfig = string(kubeconfig)
	if err := os.WriteFile(filepath.Join(a.dir, "kubeconfig"), kubeconfig, 0o600); err != nil {
		return err
	}
	if a.Config, err = clientcmd.RESTConfigFromKubeConfig(kubeconfig); err != nil {
		return err
	}
	a.Client, err = kubernetes.NewForConfig(a.Config)
	return err
}

// run starts a program from the mirror. The kernel kills it when this process ends.
func (a *API) run(mirror, name string, args ...string) error {
	path, err := find(mirror, name, a.dir)
	if err != nil {
		return err
	}
	log, err := os.Create(a.log(name))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(path, args...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", path, err)
	}
	a.processes = append(a.processes, command)
	return nil
}

func (a *API) log(name string) string { return filepath.Join(a.dir, name+".log") }

func (a *API) lastLines(name string) string {
	log, err := os.ReadFile(a.log(name))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

func url(scheme string, port int) string { return fmt.Sprintf("%s://127.0.0.1:%d", scheme, port) }

func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
