// Package remote holds the resources of the module `remote`: commands and copies over SSH.
package remote

import "github.com/pulumi/pulumi-go-provider/infer"

// Defaults of a connection. Check adds them to the inputs.
const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	// defaultPerDialTimeout is in seconds.
	defaultPerDialTimeout = 15
)

// Connection says how to reach a machine.
type Connection struct {
	endpoint
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// ProxyConnection says how to reach the bastion host that a Connection goes through.
type ProxyConnection struct{ endpoint }

// endpoint is one SSH server and the credentials for it.
type endpoint struct {
	User               *string  `pulumi:"user,optional"`
	Password           *string  `pulumi:"password,optional" provider:"secret"`
	Host               *string  `pulumi:"host"`
	Port               *float64 `pulumi:"port,optional"`
	PrivateKey         *string  `pulumi:"privateKey,optional" provider:"secret"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional" provider:"secret"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
	HostKey            *string  `pulumi:"hostKey,optional"`
}

// Annotate describes the connection in the schema and sets its defaults.
func (c *Connection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to connect to a remote machine.")
	c.annotate(a)
	a.Describe(&c.Proxy, "The connection to the bastion host to go through.")
}

// Annotate describes the connection in the schema and sets its defaults.
func (c *ProxyConnection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to connect to a bastion host.")
	c.annotate(a)
}

func (e *endpoint) annotate(a infer.Annotator) {
	a.Describe(&e.User, "The user to log in as.")
	a.SetDefault(&e.User, defaultUser)
	a.Describe(&e.Password, "The password to log in with.")
	a.Describe(&e.Host, "The address to connect to.")
	a.Describe(&e.Port, "The port to connect to. Defaults to 22.")
	a.SetDefault(&e.Port, defaultPort)
	a.Describe(&e.PrivateKey, "The SSH key to log in with, in PEM. It is tried before the password.")
	a.Describe(&e.PrivateKeyPassword, "The passphrase of an encrypted private key.")
	a.Describe(&e.AgentSocketPath, "The socket of an SSH agent. Defaults to the environment variable SSH_AUTH_SOCK.")
	a.Describe(&e.DialErrorLimit, "How many failed dials are retried. -1 means no limit. Defaults to 10.")
	a.SetDefault(&e.DialErrorLimit, defaultDialErrorLimit)
	a.Describe(&e.PerDialTimeout, "The timeout of one dial in seconds. 0 means no timeout. Defaults to 15.")
	a.SetDefault(&e.PerDialTimeout, defaultPerDialTimeout)
	a.Describe(&e.HostKey, "The public key that the server must have, in the format of authorized_keys. "+
		"Without it, every server key is accepted.")
}
