import { readFileSync } from "fs";
import { join } from "path";
import { Ssh } from "../../lib/ssh";
import { paths } from "../../node/layout";
import { etcdFlags, initialCluster } from "../../node/programs/etcd";
import { ETCD_MINORS } from "../../node/versions";
import { ControllerOutput, StackOutputs } from "../../outputs";
import { asRoot } from "../../verify/ask";

/** What `etcdutl snapshot status` prints. */
export interface SnapshotStatus {
  hash: number;
  revision: number;
  totalKey: number;
  totalSize: number;
}

/** Where the snapshot and the new data are until they replace the old. On the disk of etcd's data, so that they only move. */
const STAGE = "/var/lib/etcd-restore";

/** The flags of etcd's unit that decide who the members are. A restored member must have the same. */
const IDENTITY = ["name", "initial-cluster-token", "initial-advertise-peer-urls"];

export type Phase = "prepare" | "stop" | "swap" | "unswap" | "start_etcd" | "start_rest" | "finish" | "abort";

/** The longest phase makes the new data, from 8 GiB at most. */
const PHASE_MS = 20 * 60_000;

/** The controllers during a restore. A method works on all of them side by side, and rejects when one fails. */
export class Controllers {
  private readonly stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  private readonly all: ControllerOutput[];

  constructor(
    private readonly ssh: Ssh,
    outputs: StackOutputs,
  ) {
    this.all = outputs.controllers;
  }

  get count(): number {
    return this.all.length;
  }

  /** Where the old data is after a restore. */
  get aside(): string {
    return `${String(this.flags(this.all[0]!)["data-dir"])}.before-restore-${this.stamp}`;
  }

  /** Copies the snapshot to every machine, where only root can read it. */
  async upload(snapshot: () => AsyncIterable<Buffer>): Promise<void> {
    const receive = `umask 077; rm -rf ${STAGE} && mkdir ${STAGE} && cat >${STAGE}/snapshot.db && sync ${STAGE}/snapshot.db`;
    await onEach(this.all, async (controller) => {
      const { code, stderr } = await this.ssh.pipe(controller, asRoot(receive), { input: snapshot() });
      if (code !== 0) throw new Error(`${controller.name}: the snapshot cannot be copied: ${lastLine(stderr)}`);
    });
  }

  /** What the machines find in the snapshot. Rejects when one cannot read it. */
  async status(): Promise<SnapshotStatus> {
    const printed = await this.each("status");
    return JSON.parse(printed[0]!) as SnapshotStatus;
  }

  /** Runs a phase of controller.sh. Resolves with what each controller printed. */
  each(phase: Phase | "status"): Promise<string[]> {
    return onEach(this.all, async (controller) => {
      const script = `${this.script(controller)}\nrestore ${phase}; exit\n`;
      const { code, stdout, stderr } = await this.ssh.run(controller, "sudo bash -s", PHASE_MS, script);
      if (code !== 0) throw new Error(`${controller.name}: ${lastLine(stderr) || `exit code ${code}`}`);
      return stdout;
    });
  }

  /** Removes what was prepared, wherever it can be reached. */
  async abort(): Promise<void> {
    await this.each("abort").catch(() => undefined);
  }

  /** Until the returned function is called, Ctrl-C removes what was prepared. */
  abortWhenInterrupted(): () => void {
    const interrupted = () => {
      console.error("\nNothing was changed.");
      void this.abort().finally(() => process.exit(130));
    };
    process.once("SIGINT", interrupted);
    process.once("SIGTERM", interrupted);
    return () => {
      process.off("SIGINT", interrupted);
      process.off("SIGTERM", interrupted);
    };
  }

  private script(controller: ControllerOutput): string {
    const flags = this.flags(controller);
    const identity = [
      ...IDENTITY.map((name) => `--${name}=${[flags[name]].flat().join(",")}`),
      `--initial-cluster=${initialCluster(this.all.map(asMember))}`,
    ];
    const { certificate, key } = paths.etcdOperator;
    return [
      `DATA=${String(flags["data-dir"])} STAGE=${STAGE} STAMP=${this.stamp} FLAGS='${identity.join(" ")}'`,
      `ETCD_CA=${paths.etcdCa} ETCD_CERT=${certificate} ETCD_KEY=${key}`,
      readFileSync(join(__dirname, "controller.sh"), "utf8"),
    ].join("\n");
  }

  /** etcd's flags, as its unit has them. Those that are used here do not depend on the version. */
  private flags(controller: ControllerOutput) {
    const { name, instance } = controller;
    return etcdFlags({
      version: `${ETCD_MINORS.at(-1)}.0`,
      member: asMember(controller),
      // The cluster's name, with which the names of its instances begin.
      clusterToken: instance.slice(0, -name.length - 1),
    });
  }
}

const asMember = ({ name, internalIp }: ControllerOutput) => ({ name, address: internalIp });

/** Does something with each controller, side by side. Waits for all before it rejects with what failed. */
async function onEach<T>(controllers: ControllerOutput[], work: (each: ControllerOutput) => Promise<T>): Promise<T[]> {
  const results = await Promise.allSettled(controllers.map(work));
  const failures = results.flatMap((each) => (each.status === "rejected" ? [(each.reason as Error).message] : []));
  if (failures.length > 0) throw new Error(failures.join("; "));
  return results.map((each) => (each as PromiseFulfilledResult<T>).value);
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";
