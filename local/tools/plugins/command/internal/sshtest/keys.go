package sshtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Kind is a type of SSH key.
type Kind int

// The types of host key that Debian's server has.
const (
	ED25519 Kind = iota
	ECDSA
	RSA
)

// Key is an SSH key pair.
type Key struct {
	Signer  ssh.Signer
	private crypto.PrivateKey
}

// NewKey generates a key pair. An RSA key signs with SHA-2 only, like OpenSSH's server since version 8.8.
func NewKey(t *testing.T, kind Kind) Key {
	t.Helper()
	var private crypto.PrivateKey
	var err error
	switch kind {
	case ED25519:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case ECDSA:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RSA:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if kind == RSA {
		sha2 := []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
		if signer, err = ssh.NewSignerWithAlgorithms(signer.(ssh.AlgorithmSigner), sha2); err != nil {
			t.Fatal(err)
		}
	}
	return Key{signer, private}
}

// Private returns the private key, in the form that an SSH agent takes.
func (k Key) Private() crypto.PrivateKey { return k.private }

// Authorized returns the public key as a line of an authorized_keys file.
func (k Key) Authorized() string { return string(ssh.MarshalAuthorizedKey(k.Signer.PublicKey())) }

// PEM returns the private key in PEM, encrypted if the passphrase is not empty.
func (k Key) PEM(t *testing.T, passphrase string) string {
	t.Helper()
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(k.private, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(k.private, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}
