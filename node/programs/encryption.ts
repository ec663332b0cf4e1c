import { hkdfSync } from "crypto";
import { stringify } from "yaml";

/**
 * 32 random bytes, base64, from a private key that serves nothing else: the engine has no other source of randomness
 * that it keeps as a secret. HKDF (RFC 5869) makes them uniform and binds them to their purpose.
 */
export function encryptionKey(privateKeyPem: string): string {
  return Buffer.from(hkdfSync("sha256", privateKeyPem, "", "hardway encryption at rest v1", 32)).toString("base64");
}

/** EncryptionConfiguration: Secrets are written with secretbox (XSalsa20, Poly1305), and read in plain if older than this. */
export function encryptionConfig(key: string): string {
  return stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [
      {
        resources: ["secrets"],
        providers: [{ secretbox: { keys: [{ name: "key1", secret: key }] } }, { identity: {} }],
      },
    ],
  });
}
