import { stringify } from "yaml";
import { KeyPairPaths } from "../layout";

interface Names {
  /** https://HOST:PORT */
  server: string;
  cluster: string;
  user: string;
}

export interface KubeconfigOptions extends Names {
  /** PEM */
  ca: string;
  /** The namespace that kubectl uses when a command names none. When absent, "default". */
  namespace?: string;
  /** PEM, embedded, so that the kubeconfig works without other files. */
  certificate: string;
  key: string;
}

export interface FileKubeconfigOptions extends Names {
  /** Path of the authority's certificate. */
  ca: string;
  /** Both may be in the same file. */
  client: KeyPairPaths;
}

export interface TokenKubeconfigOptions extends Names {
  /** Path of the authority's certificate. */
  ca: string;
  token: string;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A kubeconfig with one context. Contains a private key. */
export const kubeconfig = (o: KubeconfigOptions): string =>
  withOneContext(
    o,
    { "certificate-authority-data": base64(o.ca) },
    { "client-certificate-data": base64(o.certificate), "client-key-data": base64(o.key) },
  );

/** A kubeconfig without secrets: it names the files of the client's certificate and key. Programs notice when these change. */
export const fileKubeconfig = (o: FileKubeconfigOptions): string =>
  withOneContext(
    o,
    { "certificate-authority": o.ca },
    { "client-certificate": o.client.certificate, "client-key": o.client.key },
  );

/** A kubeconfig that contains a bearer token. */
export const tokenKubeconfig = (o: TokenKubeconfigOptions): string =>
  withOneContext(o, { "certificate-authority": o.ca }, { token: o.token });

function withOneContext(
  { server, cluster, user, namespace }: Names & { namespace?: string },
  authority: Record<string, string>,
  credential: Record<string, string>,
): string {
  const context = `${user}@${cluster}`;
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: cluster, cluster: { server, ...authority } }],
      users: [{ name: user, user: credential }],
      contexts: [{ name: context, context: { cluster, user, namespace } }],
      "current-context": context,
    },
    { lineWidth: 0 },
  );
}
