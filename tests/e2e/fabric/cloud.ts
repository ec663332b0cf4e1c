/** What the fabric's tests run on: two networks with the same addresses, and three machines with nginx. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type {
  FabricFirewall,
  FabricLoadBalancer,
  FabricMachine,
  FabricState,
} from "../../../local/cloud/fabric/contract";
import { edgeCommand, setupEdge, teardown } from "../../../local/cloud/fabric/index";
import { imageDir } from "../../../local/cloud/paths";
import { eventually, exec, inside, Worker, type Result } from "./harness";

export const BALANCED = "203.0.113.250";

const SUBNET = { name: "nodes", cidr: "10.240.0.0/24", gateway: "10.240.0.1" };

function machine(id: number, networkId: number, internalIp: string, tags: string[]): FabricMachine {
  const externalIp = `203.0.113.${200 + id}`;
  const size = { cpus: 2, memoryMiB: 1024, image: "debian-12" };
  return { id, name: `node-${id}`, networkId, internalIp, externalIp, tags, canIpForward: false, ...size };
}

/** alpha and beta are in one network. gamma is alone in the other one, with alpha's internal address. */
export const alpha = machine(1, 1, "10.240.0.10", ["web"]);
export const beta = machine(2, 1, "10.240.0.11", ["web", "client"]);
export const gamma = machine(3, 2, "10.240.0.10", ["web"]);
export const MACHINES = [alpha, beta, gamma];

/** A rule that allows TCP from any source to all machines, with a test's changes. */
export function rule(name: string, ports: string[], changes: Partial<FabricFirewall> = {}): FabricFirewall {
  const protocols = [{ protocol: "tcp", ports }];
  const from = { sourceRanges: ["0.0.0.0/0"], destinationRanges: [], sourceTags: [], targetTags: [] };
  return { name, priority: 1000, direction: "INGRESS", action: "allow", protocols, ...from, ...changes };
}

export const SSH = rule("ssh", ["22"]);

/** The state of the cloud: all machines, a rule that allows SSH, and a test's rules and balancers. */
export function state(
  firewalls: FabricFirewall[],
  loadBalancers: FabricLoadBalancer[] = [],
  machines: FabricMachine[] = MACHINES,
): FabricState {
  const networks = [1, 2].map((id) => ({
    id,
    name: `net-${id}`,
    subnets: [SUBNET],
    firewalls: [SSH, ...firewalls],
    routes: [],
  }));
  return { networks, machines, loadBalancers };
}

export function balancer(targets: FabricMachine[], changes: Partial<FabricLoadBalancer> = {}): FabricLoadBalancer {
  const ids = (machines: FabricMachine[]) => machines.map(({ id }) => id);
  const members = ids([alpha, beta]);
  return {
    address: BALANCED,
    protocol: "tcp",
    ports: [8000, 8010],
    members,
    targets: ids(targets),
    sessionAffinity: "NONE",
    ...changes,
  };
}

/** Records each boot, and makes nginx answer on several ports with its name, the caller's address and its own address. */
const STARTUP_SCRIPT = `#!/bin/bash
echo boot >> /var/boots
cat > /etc/nginx/sites-enabled/default <<'EOF'
server {
  listen 80; listen 8000; listen 8080;
  keepalive_requests 100000;
  location / { default_type text/plain; return 200 "$hostname $remote_addr $server_addr\\n"; }
}
EOF
systemctl restart nginx
`;

export class Cloud {
  worker!: Worker;
  readonly stateDir = mkdtempSync(join(process.env.HARDWAY_TEST_DIR ?? "/var/tmp", "hardway-fabric-"));
  private readonly keyDir = mkdtempSync(join(tmpdir(), "hardway-key-"));

  private isOurs = false;

  async start(): Promise<void> {
    this.isOurs = true;
    await setupEdge();
    await exec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(this.keyDir, "key")]);
    await this.restart();
    await this.worker.converge(state([]));
    await Promise.all(MACHINES.map(({ id }) => this.metadata(id)));
    await Promise.all(MACHINES.map((one) => this.worker.boot(one)));
    await Promise.all(MACHINES.map((one) => this.serving(one.id)));
  }

  async restart(): Promise<void> {
    this.worker = await Worker.start(this.stateDir, imageDir());
  }

  async stop(): Promise<void> {
    await this.worker?.crash();
    // A cloud that existed before these tests must stay.
    if (this.isOurs) await teardown(this.stateDir);
    for (const directory of [this.stateDir, this.keyDir]) rmSync(directory, { recursive: true, force: true });
  }

  get publicKey(): string {
    return readFileSync(join(this.keyDir, "key.pub"), "utf8").trim();
  }

  metadata(id: number, changes: Record<string, string> = {}): Promise<void> {
    const keys = { "ssh-keys": `admin:${this.publicKey}`, "enable-guest-attributes": "TRUE" };
    return this.worker.setMetadata(id, { ...keys, "startup-script": STARTUP_SCRIPT, ...changes });
  }

  async serving(id: number): Promise<void> {
    await eventually(
      () => this.inside(id, "curl -s localhost"),
      ({ status }) => status === 0,
    );
  }

  inside(id: number, script: string, timeout?: number): Promise<Result> {
    return inside(this.stateDir, id, script, timeout);
  }

  /** Runs a command over SSH. Checks the host key against those that the machine has published. */
  async ssh({ id, externalIp }: FabricMachine, command: string, user = "admin"): Promise<Result> {
    const published = await this.worker.guestAttributes(id);
    const lines = Object.entries(published).map(
      ([name, key]) => `${externalIp} ${name.replace("hostkeys/", "")} ${key}\n`,
    );
    const known = join(this.keyDir, `known-${id}`);
    writeFileSync(known, lines.join(""));
    const options = ["BatchMode=yes", "StrictHostKeyChecking=yes", `UserKnownHostsFile=${known}`, "ConnectTimeout=5"];
    const flags = options.flatMap((option) => ["-o", option]);
    return exec(["ssh", "-F", "/dev/null", "-i", join(this.keyDir, "key"), ...flags, `${user}@${externalIp}`, command]);
  }
}

/** The answer to a request, which begins with the machine's name. "silence" without an answer within 1 s; "refused" if refused. */
export async function ask(url: string, prefix: readonly string[] = [], flags: readonly string[] = []): Promise<string> {
  const { status, output } = await exec([...prefix, "curl", "-s", "--max-time", "1", ...flags, url]);
  return describe(status, output);
}

/** The same request, sent by a machine. */
export async function askFrom(cloud: Cloud, id: number, url: string, flags = ""): Promise<string> {
  const { status, output } = await cloud.inside(id, `curl -s --max-time 1 ${flags} ${url}`);
  return describe(status, output);
}

function describe(status: number, output: string): string {
  if (status === 28) return "silence";
  if (status === 7) return "refused";
  return status === 0 ? output : `curl ended with ${status}`;
}

export const inEdge = edgeCommand([]);
