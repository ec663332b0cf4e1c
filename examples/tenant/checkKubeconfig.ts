import * as https from "https";
import * as pulumi from "@pulumi/pulumi";
import { readKubeconfig } from "./kubeconfig";

/**
 * Sends one request to the API, so that a kubeconfig that no longer works is reported before anything is changed. `up`
 * throws a RunError. A preview only warns, because it may run where the API cannot be reached. Sends none where the environment
 * names a proxy: kubectl and the plugin may need it to reach the API, and this request would not use it.
 */
export async function checkKubeconfig(kubeconfig: pulumi.Output<string>, controlPlane: string): Promise<void> {
  if (process.env.HTTPS_PROXY || process.env.https_proxy) return;
  const text = await new Promise<string>((resolve) => kubeconfig.apply(resolve));
  const problem = await problemWith(text);
  if (problem === undefined) return;
  const message = `tenant:controlPlane ${controlPlane}: its output kubeconfig does not work: ${problem}`;
  if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(`${message}; nothing was changed`);
  await pulumi.log.warn(message);
}

const UNREACHABLE = "Is the control plane up, and is this machine's address in its hardway:apiClientCidrs?";
const OUTDATED = "Has its certificate expired, or was the cluster created again? Run pulumi up on that stack";

async function problemWith(kubeconfig: string): Promise<string | undefined> {
  try {
    const { status, body } = await get("/readyz", kubeconfig);
    if (status === 200) return undefined;
    if (status === 401) return `the API server does not accept its certificate (HTTP 401). ${OUTDATED}`;
    return `HTTP ${status}: ${body.slice(0, 300)}`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // The system's codes (ECONNREFUSED, …) are about the connection; TLS has codes such as CERT_HAS_EXPIRED and ERR_TLS_….
    const unreachable = code === undefined || /^E(?!RR_)[A-Z]+$/.test(code);
    return `${message}. ${unreachable ? UNREACHABLE : OUTDATED}`;
  }
}

/** Rejects when there is no answer within 10 s, or when the server's certificate is not signed by the kubeconfig's authority. */
function get(path: string, kubeconfig: string): Promise<{ status: number; body: string }> {
  const { server, ...tls } = readKubeconfig(kubeconfig);
  return new Promise((resolve, reject) => {
    const request = https.get(`${server}${path}`, { ...tls, agent: false, timeout: 10_000 }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on("timeout", () => request.destroy(new Error(`${server}${path}: no answer within 10 s`)));
    request.on("error", reject);
  });
}
