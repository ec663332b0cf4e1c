import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { basename, join } from "path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { capture } from "../../../lib/process";
import { openStack, Stack, stackFile, StackSettings } from "../../../tasks/stack";
import { checkout } from "../support";

const NO_CHANGE = ["same", "read", "refresh"];

/** A run of the engine: what it printed, and what it announced or did, as `OPERATION URN`. */
export interface Run {
  code: number;
  text: string;
  operations: string[];
}

/** Runs previews and updates of a stack with a copy of its settings that a test can change. */
export class Engine {
  readonly scratch = mkdtempSync(join(tmpdir(), "hardway-e2e-"));
  /** A directory with everything that the runs printed. */
  readonly printed = join(this.scratch, "printed");
  private readonly stack: Stack;
  private readonly original: string;
  private readonly settings: string;
  private program = checkout;
  private runs = 0;

  constructor(name: string) {
    this.stack = openStack(name);
    this.original = readFileSync(stackFile(name, this.stack.directory), "utf8");
    this.settings = join(this.scratch, `Pulumi.${name}.yaml`);
    mkdirSync(this.printed);
    writeFileSync(this.settings, this.original);
  }

  /** Changes settings of the project, by name, in addition to earlier changes. */
  change(changes: Record<string, unknown>): void {
    const settings = parse(readFileSync(this.settings, "utf8")) as StackSettings;
    for (const [key, value] of Object.entries(changes)) settings.config[`hardway:${key}`] = value;
    writeFileSync(this.settings, stringify(settings));
  }

  /** Continues with a copy of the program in which a text in a file is replaced. */
  edit(file: string, from: string, to: string): void {
    this.program = join(this.scratch, "program");
    const wanted = (path: string) => !["node_modules", ".git"].includes(basename(path));
    cpSync(checkout, this.program, { recursive: true, filter: wanted });
    symlinkSync(join(checkout, "node_modules"), join(this.program, "node_modules"));
    const path = join(this.program, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`${file} must contain ${from}`);
    writeFileSync(path, text.replace(from, to));
  }

  /** Returns to the checkout's program and the stack's own settings. */
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
      this.stack.name,
      "--config-file",
      this.settings,
      "--event-log",
      log,
    ];
    // The engine has the option --event-log only with this variable.
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

/** The types, as PACKAGE:CLASS, of the resources with an operation that matches `kind`. */
export function types(operations: string[], kind: RegExp): string[] {
  const found = operations.flatMap((line) => {
    const [operation, urn] = line.split(" ") as [string, string];
    const type = urn.split("::")[2]!.split("$").pop()!;
    return kind.test(operation) ? [type.replace(/:.*:/, ":")] : [];
  });
  return [...new Set(found)].sort();
}
