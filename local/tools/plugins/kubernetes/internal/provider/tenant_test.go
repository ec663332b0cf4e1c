//go:build integration

package provider

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	certificates "k8s.io/api/certificates/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// tenant returns the objects that a stack creates for a tenant, in an order that works.
func tenant() []fields {
	meta := func(extra fields) fields {
		metadata := fields{"name": "tenant", "namespace": "tenant"}
		for key, value := range extra {
			metadata[key] = value
		}
		return metadata
	}
	const rbac = "rbac.authorization.k8s.io"
	role := fields{"apiGroup": rbac, "kind": "Role", "name": "tenant"}
	subject := fields{"kind": "ServiceAccount", "name": "tenant", "namespace": "tenant"}
	rules := []any{fields{"apiGroups": []any{"", "apps"}, "resources": []any{"*"}, "verbs": []any{"*"}}}
	app := fields{"app": "web"}
	limits := fields{"cpu": "1000m", "memory": "1024Mi"} // The API server returns other notations.
	pod := fields{
		"metadata": fields{"labels": app},
		"spec": fields{"containers": []any{fields{
			"name": "web", "image": "example.invalid/none", "resources": fields{"limits": limits, "requests": limits},
		}}},
	}
	unwatched := meta(fields{"annotations": fields{"pulumi.com/skipAwait": "true"}}) // The test cluster has no nodes.
	return []fields{
		{"apiVersion": "v1", "kind": "Namespace", "metadata": fields{"name": "tenant", "labels": fields{"team": "a"}}},
		{"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta(nil), "spec": fields{"hard": fields{"limits.cpu": "2000m", "pods": "5"}}},
		{"apiVersion": "v1", "kind": "LimitRange", "metadata": meta(nil), "spec": fields{"limits": []any{
			fields{"type": "Container", "default": limits, "defaultRequest": fields{"cpu": "0.1"}},
		}}},
		{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta(nil), "automountServiceAccountToken": false},
		{"apiVersion": "v1", "kind": "Secret", "metadata": meta(nil), "stringData": fields{"a": "b"}},
		{"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(nil), "data": fields{"a": "b"}},
		{"apiVersion": rbac + "/v1", "kind": "Role", "metadata": meta(nil), "rules": rules},
		{"apiVersion": rbac + "/v1", "kind": "RoleBinding", "metadata": meta(nil), "roleRef": role, "subjects": []any{subject}},
		{"apiVersion": rbac + "/v1", "kind": "ClusterRole", "metadata": fields{"name": "tenant"}, "rules": rules},
		{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta(nil), "spec": fields{
			"podSelector": fields{}, "policyTypes": []any{"Ingress"}, "ingress": []any{fields{"from": []any{fields{"podSelector": fields{}}}}},
		}},
		{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": unwatched, "spec": fields{
			"replicas": 2, "selector": fields{"matchLabels": app}, "template": pod,
		}},
		{"apiVersion": "v1", "kind": "Service", "metadata": unwatched, "spec": fields{
			"selector": app, "ports": []any{fields{"port": 80, "targetPort": 8080}},
		}},
	}
}

func token(program fields) string {
	version := program["apiVersion"].(string)
	if version == "v1" {
		version = "core/v1"
	}
	return "kubernetes:" + version + ":" + program["kind"].(string)
}

// A second run finds no changes, with or without a refresh.
func TestTenantWithoutChanges(t *testing.T) {
	server := configured(t, nil)
	for _, program := range tenant() {
		object := resourceOf(t, server, token(program), "tenant")
		object.create(program)
		unchanged := func(when string) {
			change := object.diff(program)
			require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, change.GetChanges(), "%s %s: %v", token(program), when, change)
		}
		unchanged("after the creation")
		require.True(t, object.refresh())
		unchanged("after a refresh")
	}
	quota, err := api.Client.CoreV1().ResourceQuotas("tenant").Get(context.Background(), "tenant", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, quota.Spec.Hard, quota.Status.Hard, "the creation waited until the quota was in force")
}

func TestNamespaceDeletionWaitsUntilItIsGone(t *testing.T) {
	ctx := context.Background()
	server := configured(t, nil)
	namespace := resourceOf(t, server, "kubernetes:core/v1:Namespace", "leaving")
	namespace.create(fields{"apiVersion": "v1", "kind": "Namespace", "metadata": fields{"name": "leaving"}})
	held := resourceOf(t, server, "kubernetes:core/v1:ConfigMap", "held")
	require.NoError(t, held.tryCreate(configMap(
		fields{"name": "held", "namespace": "leaving", "finalizers": []any{"test.hardway/hold"}}, fields{})))
	namespace.timeout = 1
	require.ErrorContains(t, namespace.delete(), `timed out waiting for the deletion of Namespace "leaving"`)

	_, err := api.Client.CoreV1().ConfigMaps("leaving").Patch(ctx, "held", types.MergePatchType,
		[]byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	namespace.timeout = 0
	require.NoError(t, namespace.delete(), "a second run continues where the first one stopped")
	_, err = api.Client.CoreV1().Namespaces().Get(ctx, "leaving", metav1.GetOptions{})
	require.True(t, apierrors.IsNotFound(err))
}

// The certificate exists only after somebody approves the request. A program that needs it sets the annotation waitFor.
func TestWaitForACertificate(t *testing.T) {
	ctx := context.Background()
	requests := api.Client.CertificatesV1().CertificateSigningRequests()
	request, certificate := requestAndCertificate(t)
	signed := make(chan error, 1)
	go func() {
		watch, err := requests.Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=person"})
		if err != nil {
			signed <- err
			return
		}
		defer watch.Stop()
		request := (<-watch.ResultChan()).Object.(*certificates.CertificateSigningRequest)
		request.Status.Conditions = append(request.Status.Conditions,
			certificates.CertificateSigningRequestCondition{Type: certificates.CertificateApproved, Status: "True", Reason: "Test"})
		if request, err = requests.UpdateApproval(ctx, "person", request, metav1.UpdateOptions{}); err == nil {
			request.Status.Certificate = certificate
			_, err = requests.UpdateStatus(ctx, request, metav1.UpdateOptions{})
		}
		signed <- err
	}()
	program := fields{
		"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
		"metadata": fields{"name": "person", "annotations": fields{"pulumi.com/waitFor": "jsonpath={.status.certificate}"}},
		"spec": fields{
			"request": request, "signerName": "kubernetes.io/kube-apiserver-client", "usages": []any{"client auth"},
		},
	}
	person := resourceOf(t, configured(t, nil), token(program), "person")
	person.timeout = 60
	state := person.create(program)
	require.NoError(t, <-signed)
	require.Equal(t, "person", person.id)
	require.NotEmpty(t, state["status"].(fields)["certificate"])
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, person.diff(program).GetChanges())

	// As upstream, a changed spec does not replace the request, and the API server ignores the change.
	program["spec"].(fields)["usages"] = []any{"digital signature", "client auth"}
	require.Empty(t, person.diff(program).GetReplaces())
	require.Equal(t, []any{"client auth"}, person.update(program)["spec"].(fields)["usages"])
}

// requestAndCertificate returns a request in the API's format, and a certificate for it.
func requestAndCertificate(t *testing.T) (request string, certificate []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	subject := pkix.Name{CommonName: "person"}
	asked, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject}, key)
	require.NoError(t, err)
	template := &x509.Certificate{Subject: subject, SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	issued, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	encode := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	return base64.StdEncoding.EncodeToString(encode("CERTIFICATE REQUEST", asked)), encode("CERTIFICATE", issued)
}
