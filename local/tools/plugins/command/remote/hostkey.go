package remote

import (
	"fmt"
	"net"

	"golang.org/x/crypto/ssh"
)

// accept accepts a server with this host key and no other.
func accept(key ssh.PublicKey) ssh.HostKeyCallback {
	check := ssh.FixedHostKey(key)
	return func(address string, remote net.Addr, shown ssh.PublicKey) error {
		if err := check(address, remote, shown); err != nil {
			return fmt.Errorf("%w: %s has %s, but `hostKey` is %s. If the machine was recreated, set `hostKey` to its new key; "+
				"if not, another machine answers at this address", err, address, fingerprint(shown), fingerprint(key))
		}
		return nil
	}
}

// fingerprint returns a key's type and fingerprint, as `ssh-keygen -l` prints it.
func fingerprint(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }
