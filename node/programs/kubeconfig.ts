import { stringify } from "yaml";

export interface KubeconfigOptions {
  /** https://HOST:PORT */
  server: string;
  /** PEM */
  ca: string;
  cluster: string;
  user: string;
  /** Where kubectl works when it is not told; "default" unless given. */
  namespace?: string;
  /** PEM, embedded: a kubeconfig is one file that works wherever it is put. */
  certificate: string;
  key: string;
}

/** A kubeconfig with one context. Holds a private key. */
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
