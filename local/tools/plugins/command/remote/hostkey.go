package remote

import (
	"fmt"
	"net"

	"golang.org/x/crypto/ssh"
)

// believeOnly takes the server for the right one when it shows this key.
func believeOnly(key ssh.PublicKey) ssh.HostKeyCallback {
	check := ssh.FixedHostKey(key)
	return func(address string, remote net.Addr, shown ssh.PublicKey) error {
		if err := check(address, remote, shown); err != nil {
			return fmt.Errorf("%w: %s shows %s, `hostKey` is %s. If the machine was made anew, set `hostKey` to its new key; "+
				"if not, something else answers at its address", err, address, fingerprint(shown), fingerprint(key))
		}
		return nil
	}
}

// fingerprint is what `ssh-keygen -l` shows of a key.
func fingerprint(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }
