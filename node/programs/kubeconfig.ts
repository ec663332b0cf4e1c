import { stringify } from "yaml";

export interface KubeconfigOptions {
  /** https://HOST:PORT */
  server: string;
  /** PEM */
  ca: string;
  cluster: string;
  user: string;
  /** The namespace that kubectl uses when a command names none. When absent, "default". */
  namespace?: string;
  /** PEM, embedded, so that the kubeconfig works without other files. */
  certificate: string;
  key: string;
}

/** A kubeconfig with one context. Contains a private key. */
export function kubeconfig(o: KubeconfigOptions): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const context = `${o.user}@${o.cluster}`;
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: o.cluster, cluster: { server: o.server, "certificate-authority-data": base64(o.ca) } }],
      users: [
        {
          name: o.user,
          user: { "client-certificate-data": base64(o.certificate), "client-key-data": base64(o.key) },
        },
      ],
      contexts: [{ name: context, context: { cluster: o.cluster, user: o.user, namespace: o.namespace } }],
      "current-context": context,
    },
    { lineWidth: 0 },
  );
}
