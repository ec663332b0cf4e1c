//go:build integration

package testapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientapi "k8s.io/client-go/tools/clientcmd/api"
)

// keyFiles are the paths of PEM files: the authority's certificate, the server's certificate and key (which also signs
// service account tokens), and an administrator's certificate and key.
type keyFiles struct {
	ca, serverCert, serverKey, adminCert, adminKey string
}

func writeKeys(dir string) (keyFiles, error) {
	files := keyFiles{
		ca:         filepath.Join(dir, "ca.pem"),
		serverCert: filepath.Join(dir, "server.pem"), serverKey: filepath.Join(dir, "server-key.pem"),
		adminCert: filepath.Join(dir, "admin.pem"), adminKey: filepath.Join(dir, "admin-key.pem"),
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	authority, key, err := issue(template, nil, nil)
	if err != nil {
		return files, err
	}
	if err := writePEM(files.ca, "CERTIFICATE", authority.Raw); err != nil {
		return files, err
	}
	leaves := []struct {
		template  *x509.Certificate
		cert, key string
	}{
		{&x509.Certificate{
			Subject: pkix.Name{CommonName: "kube-apiserver"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}, files.serverCert, files.serverKey},
		{&x509.Certificate{
			Subject:     pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}, files.adminCert, files.adminKey},
	}
	for _, leaf := range leaves {
		leaf.template.KeyUsage = x509.KeyUsageDigitalSignature
		cert, leafKey, err := issue(leaf.template, authority, key)
		if err != nil {
			return files, err
		}
		der, err := x509.MarshalECPrivateKey(leafKey)
		if err != nil {
			return files, err
		}
		if err := writePEM(leaf.cert, "CERTIFICATE", cert.Raw); err != nil {
			return files, err
		}
		if err := writePEM(leaf.key, "EC PRIVATE KEY", der); err != nil {
			return files, err
		}
	}
	return files, nil
}

func issue(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if parent == nil {
		parent, signer = template, key
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

func (k keyFiles) kubeconfig(server string) ([]byte, error) {
	config := clientapi.NewConfig()
	config.Clusters["test"] = &clientapi.Cluster{Server: server, CertificateAuthority: k.ca}
	config.AuthInfos["admin"] = &clientapi.AuthInfo{ClientCertificate: k.adminCert, ClientKey: k.adminKey}
	config.Contexts["test"] = &clientapi.Context{Cluster: "test", AuthInfo: "admin"}
	config.CurrentContext = "test"
	if err := clientapi.FlattenConfig(config); err != nil {
		return nil, err
	}
	return clientcmd.Write(*config)
}
