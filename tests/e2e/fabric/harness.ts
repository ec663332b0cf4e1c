/** Runs the fabric in a separate process, as the local cloud does, and examines its machines from the host. */

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Fabric, FabricMachine, FabricState } from "../../../local/cloud/fabric/contract";
import { initOf } from "../../../local/cloud/fabric/container";
import type { ProcessIdentity } from "../../../lib/processes";
import { edgeCommand } from "../../../local/cloud/fabric/index";

/** A fabric in a separate process, which can be killed. */
export class Worker implements Fabric {
  private readonly pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private readonly listeners: ((machineId: number) => void)[] = [];
  private calls = 0;
  readonly exited: number[] = [];

  private constructor(private readonly child: ChildProcess) {}

  static async start(stateDir: string, imageDir: string): Promise<Worker> {
    const script = join(__dirname, "worker.ts");
    const [program, ...args] = edgeCommand([process.execPath, "--import", "tsx", script, stateDir, imageDir]);
    const child = spawn(program!, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const worker = new Worker(child);
    child.once("exit", () => worker.rejectPending());
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
      child.on("message", (message: Record<string, unknown>) => {
        if (message.ready) resolve();
        else worker.receive(message);
      });
    });
    return worker;
  }

  private receive({ id, result, error, exited }: Record<string, unknown>): void {
    if (typeof exited === "number") {
      this.exited.push(exited);
      this.listeners.forEach((listener) => listener(exited));
    }
    const call = this.pending.get(id as number);
    this.pending.delete(id as number);
    if (error !== undefined) call?.reject(new Error(error as string));
    else call?.resolve(result);
  }

  private rejectPending(): void {
    for (const { reject } of this.pending.values()) reject(new Error("the worker ended before it answered"));
    this.pending.clear();
  }

  private call<T>(method: string, ...args: unknown[]): Promise<T> {
    const id = ++this.calls;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.child.send({ id, method, args }, (error) => {
        if (!error) return;
        this.pending.delete(id);
        reject(error);
      });
    });
  }

  converge = (state: FabricState) => this.call<void>("converge", state);
  boot = (machine: FabricMachine) => this.call<void>("boot", machine);
  halt = (id: number, options?: { force?: boolean }) => this.call<void>("halt", id, options);
  erase = (id: number) => this.call<void>("erase", id);
  running = async () => new Set(await this.call<number[]>("running"));
  console = async (id: number) => Buffer.from(await this.call<string>("console", id), "base64");
  onExit = (listener: (machineId: number) => void) => void this.listeners.push(listener);
  setMetadata = (id: number, attributes: Record<string, string>) => this.call<void>("setMetadata", id, attributes);
  guestAttributes = (id: number) => this.call<Record<string, string>>("guestAttributes", id);
  probe = (source: string, url: string) => this.call<string>("probe", source, url);

  /** Kills the process. */
  async crash(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }
}

export interface Result {
  status: number;
  output: string;
}

export function exec(command: readonly string[], timeout = 20_000): Promise<Result> {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    execFile(program!, args, { timeout, encoding: "utf8" }, (error, stdout, stderr) => {
      const status = error ? (typeof error.code === "number" ? error.code : -1) : 0;
      resolve({ status, output: `${stdout}${stderr}`.trim() });
    });
  });
}

/** Runs a shell command inside a machine, as root, without using the network. Status -1 when its init does not run. */
export function inside(stateDir: string, machineId: number, script: string, timeout?: number): Promise<Result> {
  const record = join(stateDir, "machines", String(machineId), "process.json");
  const init = initOf(JSON.parse(readFileSync(record, "utf8")) as ProcessIdentity);
  if (init === undefined) return Promise.resolve({ status: -1, output: "no init" });
  return exec(["nsenter", "--target", String(init), "--all", "/bin/bash", "-c", script], timeout);
}

/** Calls `look` until the result is wanted. Rejects with the last result after `milliseconds`. */
export async function eventually<T>(
  look: () => Promise<T>,
  isWanted: (seen: T) => boolean,
  milliseconds = 15_000,
): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const seen = await look();
    if (isWanted(seen)) return seen;
    if (performance.now() > end)
      throw new Error(`not as wanted within ${milliseconds} ms; last: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
