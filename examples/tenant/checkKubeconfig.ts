import * as pulumi from "@pulumi/pulumi";
import { Api } from "../../verify/api";

/**
 * Asks the API once: a kubeconfig that no longer works is told before anything is touched. A preview warns and goes on:
 * it may run where the API is not reached from.
 */
export async function checkKubeconfig(kubeconfig: pulumi.Output<string>, controlPlane: string): Promise<void> {
  const text = await new Promise<string>((resolve) => kubeconfig.apply(resolve));
  const problem = await whyUseless(text);
  if (problem === undefined) return;
  const message = `tenant:controlPlane ${controlPlane}: its output kubeconfig does not work: ${problem}`;
  if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(`${message}; nothing was changed`);
  await pulumi.log.warn(message);
}

const ANEW = "Has it ended, or was the cluster made anew? Run pulumi up on that stack";

async function whyUseless(kubeconfig: string): Promise<string | undefined> {
  try {
    const { status, body } = await new Api(kubeconfig).request("/readyz");
    if (status === 200) return undefined;
    if (status === 401) return `the API server does not accept its certificate (HTTP 401). ${ANEW}`;
    return `HTTP ${status}: ${body.slice(0, 300)}`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const away = code === undefined || /^E(?!RR_)[A-Z]+$/.test(code);
    return `${message}. ${away ? "Is the control plane up, and this machine in its hardway:apiClientCidrs?" : ANEW}`;
  }
}
