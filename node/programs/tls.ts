/** Cipher suites for TLS 1.2. All have forward secrecy and authenticated encryption, and use ECDSA as every certificate does. */
export const CIPHER_SUITES = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
] as const;

/** Flags that kube-apiserver, kube-controller-manager and kube-scheduler share. */
export const servingFlags = {
  "tls-min-version": "VersionTLS12",
  "tls-cipher-suites": CIPHER_SUITES,
} as const;
