import { randomBytes } from "crypto";
import { KeyPairPaths } from "../../../node/layout";
import { kubeconfig } from "../../../node/programs/kubeconfig";
import { Api, RequestOptions } from "../../../verify/api";
import { Context, on } from "../../../verify/check";

/** A client of the API: the API's address, and the credential to show. */
export interface Caller {
  api: Api;
  options: RequestOptions;
}

/** Returns a client with a credential that is on controller-0: a certificate with its key. */
export async function holderOf(context: Context, credential: KeyPairPaths): Promise<Caller> {
  const read = (path: string) => on(context, context.outputs.controllers[0]!, `sudo cat ${path}`);
  const { endpoint, caCertificate } = context.outputs;
  const [certificate, key] = await Promise.all([read(credential.certificate), read(credential.key)]);
  const text = kubeconfig({ server: endpoint, ca: caCertificate, cluster: "c", user: "u", certificate, key });
  return { api: new Api(text), options: {} };
}

const bearer = ({ api }: Context, token: string): Caller => ({
  api,
  options: { anonymous: true, headers: { Authorization: `Bearer ${token}` } },
});

/** Returns a client with a token of a service account in kube-system, requested as kube-controller-manager does. */
export async function serviceAccount(context: Context, name: string): Promise<Caller> {
  const path = `/api/v1/namespaces/kube-system/serviceaccounts/${name}/token`;
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 600 } };
  const { status } = await context.api.json<{ status: { token: string } }>(path, { method: "POST", body });
  return bearer(context, status.token);
}

/** Runs `work` with a client that has only a bootstrap token, as a new machine would. Deletes the token afterwards. */
export async function withBootstrapToken(context: Context, work: (caller: Caller) => Promise<void>): Promise<void> {
  const [id, secret] = [randomBytes(3).toString("hex"), randomBytes(8).toString("hex")];
  const secrets = "/api/v1/namespaces/kube-system/secrets";
  const body = {
    apiVersion: "v1",
    kind: "Secret",
    type: "bootstrap.kubernetes.io/token",
    metadata: { name: `bootstrap-token-${id}` },
    stringData: { "token-id": id, "token-secret": secret, "usage-bootstrap-authentication": "true" },
  };
  await context.api.json(secrets, { method: "POST", body });
  try {
    await work(bearer(context, `${id}.${secret}`));
  } finally {
    await context.api.json(`${secrets}/bootstrap-token-${id}`, { method: "DELETE" });
  }
}
