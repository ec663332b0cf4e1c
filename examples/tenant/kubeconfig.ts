import { parse, stringify } from "yaml";

export interface KubeconfigArgs {
  /** https://HOST:PORT */
  server: string;
  /** PEM */
  ca: string;
  cluster: string;
  user: string;
  namespace: string;
  /** PEM. Embedded, so that the kubeconfig works wherever the file is copied. */
  certificate: string;
  /** PEM */
  key: string;
}

/** A kubeconfig with one context, as YAML. It holds a private key. */
export function renderKubeconfig(args: KubeconfigArgs): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const { cluster, user, namespace } = args;
  const context = `${user}@${cluster}`;
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: cluster, cluster: { server: args.server, "certificate-authority-data": base64(args.ca) } }],
      users: [
        {
          name: user,
          user: { "client-certificate-data": base64(args.certificate), "client-key-data": base64(args.key) },
        },
      ],
      contexts: [{ name: context, context: { cluster, user, namespace } }],
      "current-context": context,
    },
    { lineWidth: 0 },
  );
}

/** What a TLS client needs to reach the API server, PEM. */
export interface Access {
  server: string;
  ca: string;
  cert: string;
  key: string;
}

/** Reads a kubeconfig that has one cluster and one user, both with embedded certificates. */
export function readKubeconfig(kubeconfig: string): Access {
  const { clusters, users } = parse(kubeconfig) as {
    clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
    users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
  };
  const decode = (base64: string) => Buffer.from(base64, "base64").toString();
  const { cluster } = clusters[0];
  const { user } = users[0];
  return {
    server: cluster.server,
    ca: decode(cluster["certificate-authority-data"]),
    cert: decode(user["client-certificate-data"]),
    key: decode(user["client-key-data"]),
  };
}
