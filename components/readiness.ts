import * as https from "https";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout as wait } from "timers/promises";
import { KeyPair } from "../node/render/keyPair";

const DEADLINE_MS = 5 * 60 * 1000;

/**
 * `endpoint`, once the API behind it answers /readyz: resolves when every one of `after` is done and a request through
 * the front door succeeded. Nothing is asked in a preview. Fails after five minutes with the last answer.
 */
export function whenReady(
  endpoint: pulumi.Output<string>,
  ca: pulumi.Output<string>,
  client: pulumi.Output<KeyPair>,
  after: pulumi.CustomResource[],
): pulumi.Output<string> {
  // A custom resource's id is known only when it exists.
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
          "Is the machine that runs pulumi in hardway:apiClientCidrs? Are the target pool's members healthy?",
      );
    }
    await wait(250);
  }
}

/** "ok", or what happened instead. */
function ask(url: string, ca: string, client: KeyPair): Promise<string> {
  return new Promise((resolve) => {
    const request = https.get(
      url,
      { ca, cert: client.certificate, key: client.key, timeout: 5000, agent: false },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () =>
          resolve(response.statusCode === 200 ? "ok" : `HTTP ${response.statusCode}: ${body.slice(0, 500)}`),
        );
        response.on("error", (error) => resolve(error.message));
      },
    );
    request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
    request.on("error", (error) => resolve(error.message));
  });
}
