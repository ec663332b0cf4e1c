import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { basename, join } from "path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { capture } from "../../../lib/process";
import { openStack, stackFile, StackSettings } from "../../../tasks/stack";
import { checkout, STACK } from "../support";

const NO_CHANGE = ["same", "read", "refresh"];

/** A run of the engine: what it said, and what it announced or did, as `OPERATION URN`. */
export interface Run {
  code: number;
  text: string;
  operations: string[];
}

/** Previews and applies the stack's program with settings of a test's own: those of the stack, and changes. */
export class Engine {
  readonly scratch = mkdtempSync(join(tmpdir(), "hardway-e2e-"));
  /** Holds what every run printed. */
  readonly printed = join(this.scratch, "printed");
  private readonly stack = openStack(STACK);
  private readonly original = readFileSync(stackFile(STACK, this.stack.directory), "utf8");
  private readonly settings = join(this.scratch, `Pulumi.${STACK}.yaml`);
  private program = checkout;
  private runs = 0;

  constructor() {
    mkdirSync(this.printed);
    writeFileSync(this.settings, this.original);
  }

  /** Changes settings of the project, by name, on top of earlier changes. */
  change(changes: Record<string, unknown>): void {
    const settings = parse(readFileSync(this.settings, "utf8")) as StackSettings;
    for (const [key, value] of Object.entries(changes)) settings.config[`hardway:${key}`] = value;
    writeFileSync(this.settings, stringify(settings));
  }

  /** Goes on with a copy of the program in which a file's text is changed. */
  edit(file: string, from: string, to: string): void {
    this.program = join(this.scratch, "program");
    const wanted = (path: string) => !["node_modules", ".git"].includes(basename(path));
    cpSync(checkout, this.program, { recursive: true, filter: wanted });
    symlinkSync(join(checkout, "node_modules"), join(this.program, "node_modules"));
    const path = join(this.program, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
    writeFileSync(path, text.replace(from, to));
  }

  /** Back to the checkout's program and the stack's own settings. */
  restore(): void {
    this.program = checkout;
    writeFileSync(this.settings, this.original);
  }

  preview = () => this.run("preview", "resourcePreEvent", "--diff");
  up = () => this.run("up", "resOutputsEvent", "--yes", "--skip-preview", "--diff");

  private async run(command: string, kind: "resourcePreEvent" | "resOutputsEvent", ...options: string[]): Promise<Run> {
    this.runs += 1;
    const log = join(this.scratch, `${this.runs}-${command}.events`);
    const args = [
      ...options,
      "--non-interactive",
      "--stack",
      STACK,
      "--config-file",
      this.settings,
      "--event-log",
      log,
    ];
    // The option that writes the engine's events is shown with this variable only.
    const env = { ...this.stack.environment, PULUMI_DEBUG_COMMANDS: "true" };
    const { code, stdout, stderr } = await capture("pulumi", [command, ...args], { cwd: this.program, env });
    const text = stdout + stderr;
    writeFileSync(join(this.printed, `${this.runs}-${command}`), text);
    const events = existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
    const steps = events.flatMap((line) => (JSON.parse(line) as EngineEvent)[kind]?.metadata ?? []);
    const operations = steps.filter(({ op }) => !NO_CHANGE.includes(op)).map(({ op, urn }) => `${op} ${urn}`);
    return { code, text, operations: [...new Set(operations)].sort() };
  }

  remove(): void {
    rmSync(this.scratch, { recursive: true });
  }
}

/** Types of the resources that an operation of `kind` is for, as PACKAGE:CLASS. */
export function types(operations: string[], kind: RegExp): string[] {
  const found = operations.flatMap((line) => {
    const [operation, urn] = line.split(" ") as [string, string];
    const type = urn.split("::")[2]!.split("$").pop()!;
    return kind.test(operation) ? [type.replace(/:.*:/, ":")] : [];
  });
  return [...new Set(found)].sort();
}
