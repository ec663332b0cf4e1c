/** This host as the host of a fabric with real machines, for the contract's suite. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";

import type { ProcessIdentity } from "../../../lib/processes";
import { killCgroup } from "../../../local/cloud/fabric/cgroups";
import { setupEdge, teardown } from "../../../local/cloud/fabric/index";
import { namespaces } from "../../../local/cloud/fabric/namespaces";
import { imageDir } from "../../../local/cloud/paths";
import type { FabricHost } from "../../contracts/fabric";
import { inside, Worker } from "./harness";

/** Throws when a local cloud runs on this host, because the test would remove it. */
export function refuseIfInUse(): void {
  if (namespaces().length > 0) throw new Error("A local cloud is running on this host: stop it first (`make down`).");
}

export class RealHost implements FabricHost {
  private readonly stateDir = mkdtempSync(join(process.env.HARDWAY_TEST_DIR ?? "/var/tmp", "hardway-contract-"));
  private worker?: Worker;
  private isOurs = false;

  async start(): Promise<void> {
    refuseIfInUse();
    this.isOurs = true;
    await setupEdge();
  }

  async stop(): Promise<void> {
    await this.crash();
    if (this.isOurs) await teardown(this.stateDir);
    rmSync(this.stateDir, { recursive: true, force: true });
  }

  async open(): Promise<Worker> {
    this.worker = await Worker.start(this.stateDir, imageDir());
    return this.worker;
  }

  async crash(): Promise<void> {
    await this.worker?.crash();
  }

  kill(machineId: number): Promise<void> {
    return killCgroup(machineId);
  }

  async store(machineId: number, text: string): Promise<void> {
    await this.run(machineId, `echo '${text}' > /var/stored`);
  }

  stored(machineId: number): Promise<string> {
    return this.run(machineId, "if [ -e /var/stored ]; then cat /var/stored; fi");
  }

  /** Writes to the standard output of the machine's process on the host, which is the machine's console. */
  async print(machineId: number, text: string): Promise<void> {
    const record = readFileSync(join(this.stateDir, "machines", String(machineId), "process.json"), "utf8");
    await appendFile(`/proc/${(JSON.parse(record) as ProcessIdentity).pid}/fd/1`, `${text}\n`);
  }

  private async run(machineId: number, script: string): Promise<string> {
    const { status, output } = await inside(this.stateDir, machineId, script);
    if (status !== 0) throw new Error(`\`${script}\` on machine ${machineId} ended with ${status}: ${output}`);
    return output;
  }
}
