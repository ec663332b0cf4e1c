/** A metadata server with what the guest agent uses: attributes, waiting for changes, and guest attributes. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { identityAddress } from "../../../local/cloud/addresses";

const ROOT = "/computeMetadata/v1/";

interface Machine {
  attributes: Record<string, string>;
  guest: Record<string, string>;
  etag: number;
  waiting: (() => void)[];
}

export class MetadataServer {
  private readonly machines = new Map<string, Machine>();

  /** Reads `file`, if it exists: an earlier server, whose process was killed, wrote its values there. */
  constructor(private readonly file: string) {
    if (!existsSync(file)) return;
    const kept = JSON.parse(readFileSync(file, "utf8")) as [string, Omit<Machine, "waiting">][];
    for (const [address, machine] of kept) this.machines.set(address, { ...machine, waiting: [] });
  }

  private keep(): void {
    const all = [...this.machines].map(([address, { attributes, guest, etag }]) => [
      address,
      { attributes, guest, etag },
    ]);
    writeFileSync(this.file, JSON.stringify(all));
  }

  listen(address: string, port: number): Promise<void> {
    const server = createServer((request, response) => void this.answer(request, response));
    return new Promise((resolve) => server.listen(port, address, resolve));
  }

  set(machineId: number, attributes: Record<string, string>): void {
    const machine = this.machine(identityAddress(machineId));
    machine.attributes = attributes;
    machine.etag++;
    this.keep();
    machine.waiting.splice(0).forEach((wake) => wake());
  }

  guestAttributes(machineId: number): Record<string, string> {
    return this.machine(identityAddress(machineId)).guest;
  }

  private machine(address: string): Machine {
    const machine = this.machines.get(address) ?? { attributes: {}, guest: {}, etag: 1, waiting: [] };
    this.machines.set(address, machine);
    return machine;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const machine = this.machine(request.socket.remoteAddress ?? "");
    const url = new URL(request.url ?? "/", "http://metadata");
    const path = url.pathname.slice(ROOT.length);
    if (request.headers["metadata-flavor"] !== "Google") return void response.writeHead(403).end();
    if (request.method === "PUT") {
      let body = "";
      for await (const part of request) body += part;
      machine.guest[path.replace("instance/guest-attributes/", "")] = body;
      this.keep();
      return void response.end();
    }
    if (path === "") {
      if (url.searchParams.get("last_etag") === String(machine.etag)) {
        await new Promise<void>((resolve) => {
          machine.waiting.push(resolve);
          request.socket.once("close", resolve);
        });
      }
      return void response.writeHead(200, { etag: String(machine.etag) }).end("{}");
    }
    const value = path.startsWith("instance/attributes/") && machine.attributes[path.split("/").at(-1)!];
    response.writeHead(typeof value === "string" ? 200 : 404, { etag: String(machine.etag) }).end(value || "");
  }
}
