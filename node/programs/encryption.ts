import { hkdfSync } from "crypto";
import { stringify } from "yaml";

/**
 * Derives 32 bytes, as base64, from a private key that is used for nothing else. A private key, because no other resource of
 * this program's providers is random and kept as a secret. HKDF (RFC 5869) makes the bytes uniform and binds them to their purpose.
 */
export function encryptionKey(privateKeyPem: string): string {
  return Buffer.from(hkdfSync("sha256", privateKeyPem, "", "hardway encryption at rest v1", 32)).toString("base64");
}

/** The EncryptionConfiguration: writes Secrets with secretbox (XSalsa20 and Poly1305), and still reads unencrypted ones. */
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
