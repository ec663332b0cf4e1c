/** Takes the daemon's place in the fabric's tests: runs the fabric in the edge namespace, and gets calls by IPC. */

import { createServer, get } from "node:http";
import { join } from "node:path";

import { API_ADDRESS, API_PORT, METADATA_ADDRESS, MIRROR_ADDRESS } from "../../../local/cloud/addresses";
import { createFabric } from "../../../local/cloud/fabric/index";
import { MetadataServer } from "./metadata";

export interface Call {
  id: number;
  method: string;
  args: unknown[];
}

async function main(): Promise<void> {
  const [stateDir, imageDir] = process.argv.slice(2) as [string, string];
  const fabric = await createFabric({ stateDir, imageDir, log: (line) => console.error(line) });
  const metadata = new MetadataServer(join(stateDir, "metadata.json"));
  const says = (name: string) =>
    createServer((request, response) => response.end(`${name} ${request.socket.remoteAddress}\n`));
  await Promise.all([
    metadata.listen(METADATA_ADDRESS, 80),
    new Promise<void>((resolve) => says("mirror").listen(80, MIRROR_ADDRESS, resolve)),
    new Promise<void>((resolve) => says("api").listen(API_PORT, API_ADDRESS, resolve)),
  ]);
  fabric.onExit((id) => process.send!({ exited: id }));

  const methods: Record<string, (...args: never[]) => unknown> = {
    ...(fabric as unknown as Record<string, (...args: never[]) => unknown>),
    // Messages are JSON, which has neither sets nor bytes.
    running: async () => [...(await fabric.running())],
    console: async (id: number) => (await fabric.console(id)).toString("base64"),
    setMetadata: (id: number, attributes: Record<string, string>) => metadata.set(id, attributes),
    guestAttributes: (id: number) => metadata.guestAttributes(id),
    probe: (source: string, url: string) => probe(source, url),
  };
  process.on("message", ({ id, method, args }: Call) => {
    Promise.resolve()
      .then(() => methods[method]!(...(args as never[])))
      .then(
        (result) => process.send!({ id, result }),
        (error: Error) => process.send!({ id, error: error.message }),
      );
  });
  process.on("disconnect", () => process.exit());
  process.send!({ ready: true });
}

/** The answer to an HTTP request from one of the edge's addresses; "no answer" without one within 2 s. */
function probe(source: string, url: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { localAddress: source, timeout: 2000, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve(text.trim()));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve("no answer"));
  });
}

main().catch((error: Error) => {
  console.error(error);
  process.exit(1);
});
