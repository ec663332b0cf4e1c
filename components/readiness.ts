import * as pulumi from "@pulumi/pulumi";
import { setTimeout as wait } from "timers/promises";
import { send } from "../lib/request";
import { KeyPair } from "../node/render/keyPair";

const DEADLINE_MS = 5 * 60 * 1000;
const REQUEST_MS = 5000;

/**
 * Returns `endpoint`, which resolves once all of `after` are done and the API at `endpoint` answers /readyz with 200. Throws
 * a RunError with the last answer after five minutes. Sends no request in a preview.
 */
export function whenReady(
  endpoint: pulumi.Output<string>,
  ca: pulumi.Output<string>,
  client: pulumi.Output<KeyPair>,
  after: pulumi.CustomResource[],
): pulumi.Output<string> {
  // A resource's id is known only once the resource exists.
  const done = pulumi.all(after.map((resource) => resource.id));
  return pulumi.all([endpoint, ca, client, done]).apply(async ([url, caPem, pem]) => {
    if (!pulumi.runtime.isDryRun()) await untilReady(url, caPem, pem);
    return url;
  });
}

async function untilReady(endpoint: string, ca: string, client: KeyPair): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask(`${endpoint}/readyz`, ca, client);
    if (answer === "ok") return;
    if (Date.now() > deadline) {
      throw new pulumi.RunError(
        `the API at ${endpoint} is not ready after ${DEADLINE_MS / 60000} minutes: ${answer}. ` +
          "Check that hardway:apiClientCidrs contains the computer that runs pulumi, and that the target pool's members are healthy",
      );
    }
    await wait(250);
  }
}

/** Returns "ok" for an answer with status 200, and otherwise what happened. */
export async function ask(url: string, ca: string, client: KeyPair): Promise<string> {
  try {
    const { status, body, through } = await send(url, {
      ca,
      cert: client.certificate,
      key: client.key,
      milliseconds: REQUEST_MS,
    });
    return status === 200 ? "ok" : `HTTP ${status}${through}: ${body.slice(0, 500)}`;
  } catch (error) {
    return (error as Error).message;
  }
}
