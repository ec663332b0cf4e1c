import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { FastifyInstance } from "fastify";
import pino from "pino";
import { apiServer } from "../../../local/cloud/api/server";
import { Cloud, createCloud } from "../../../local/cloud/engine/cloud";
import { replaceFile } from "../../../local/cloud/state/file";
import { Store } from "../../../local/cloud/state/store";
import { FakeFabric } from "./fakeFabric";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are JSON whose shape each test asserts.
export type Json = any;

export interface Answer {
  status: number;
  body: Json;
}

export const PROJECT = "/compute/v1/projects/test-project";
export const LINK = "https://www.googleapis.com/compute/v1/projects/test-project";
export const REGION = `${PROJECT}/regions/us-central1`;
export const ZONE = `${PROJECT}/zones/us-central1-a`;
export const GLOBAL = `${PROJECT}/global`;

/** A local cloud on a fake fabric, with its API on a loopback port. */
export class TestCloud {
  private constructor(
    readonly dir: string,
    readonly fabric: FakeFabric,
    readonly store: Store,
    readonly cloud: Cloud,
    readonly app: FastifyInstance,
    readonly url: string,
  ) {}

  static async start(
    options: { dir?: string; fabric?: FakeFabric; write?: typeof replaceFile } = {},
  ): Promise<TestCloud> {
    const dir = options.dir ?? fs.mkdtempSync(path.join(os.tmpdir(), "cloud-test-"));
    const fabric = options.fabric ?? new FakeFabric();
    const store = await Store.open(path.join(dir, "state.json"), options.write);
    const log = pino({ level: "silent" });
    const cloud = createCloud(store, fabric, log);
    await cloud.adopt();
    const app = apiServer(cloud);
    return new TestCloud(dir, fabric, store, cloud, app, await app.listen({ host: "127.0.0.1", port: 0 }));
  }

  /** Ends the cloud as a daemon ends: the state file and the machines stay. */
  async stop(): Promise<void> {
    await this.app.close();
    await this.cloud.close();
  }

  async end(): Promise<void> {
    await this.stop();
    fs.rmSync(this.dir, { recursive: true });
  }

  async call(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", url: string, body?: object): Promise<Answer> {
    return this.send(method, url, body && JSON.stringify(body));
  }

  /** Sends any text as a body. Google's clients send the type "application/json" even with an empty body. */
  async send(method: string, url: string, text?: string): Promise<Answer> {
    const headers = { "content-type": "application/json" };
    const response = await fetch(this.url + url, { method, headers, body: text });
    const answer = await response.text();
    return { status: response.status, body: answer === "" ? undefined : JSON.parse(answer) };
  }

  get(url: string): Promise<Answer> {
    return this.call("GET", url);
  }

  /** Sends a change. Resolves with its finished operation, and rejects when the request was refused. */
  async change(method: "POST" | "PUT" | "PATCH" | "DELETE", url: string, body?: object): Promise<Json> {
    const { status, body: operation } = await this.call(method, url, body);
    if (status !== 200) throw new Error(`${method} ${url}: ${status} ${JSON.stringify(operation)}`);
    const done = await this.get(new URL(operation.selfLink).pathname);
    return done.body;
  }

  /** Makes the network `net` with the subnetwork `sub` (10.240.0.0/24). */
  async network(): Promise<void> {
    await this.change("POST", `${GLOBAL}/networks`, { name: "net", autoCreateSubnetworks: false });
    await this.change("POST", `${REGION}/subnetworks`, {
      name: "sub",
      network: "projects/test-project/global/networks/net",
      ipCidrRange: "10.240.0.0/24",
    });
  }
}

/** A body that makes an instance. Each test changes one thing in it. */
export function instanceBody(name = "controller-0", networkIP?: string): Json {
  return {
    name,
    machineType: "projects/test-project/zones/us-central1-a/machineTypes/e2-standard-2",
    canIpForward: true,
    deletionProtection: false,
    disks: [
      {
        autoDelete: true,
        boot: true,
        mode: "READ_WRITE",
        initializeParams: { sourceImage: "projects/debian-cloud/global/images/family/debian-12", diskSizeGb: "20" },
      },
    ],
    networkInterfaces: [
      {
        network: "projects/test-project/global/networks/net",
        subnetwork: "projects/test-project/regions/us-central1/subnetworks/sub",
        ...(networkIP && { networkIP }),
        accessConfigs: [{ type: "ONE_TO_ONE_NAT" }],
      },
    ],
    metadata: { items: [{ key: "enable-guest-attributes", value: "TRUE" }] },
    tags: { items: ["controller"] },
    scheduling: { automaticRestart: true },
    params: null,
  };
}
