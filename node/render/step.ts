import { readFileSync } from "fs";
import { join } from "path";
import { MachineFile } from "./file";
import { directories } from "../layout";

/** A unit to be running at the end of a step. */
export interface StepUnit {
  /** With its suffix, for example etcd.service. */
  name: string;
  /** Shell command that succeeds once the service does its work. */
  check: string;
  /** Bound on the wait, in seconds. */
  timeoutSeconds: number;
  /** Paths of everything it reads: it is restarted when one of them differs from what it last started with. */
  reads: string[];
}

/** What one remote command does on one machine, in this order. */
export interface Step {
  /** Names the lock on the machine: a step never runs twice at once. */
  name: string;
  /** System users, each with a group of the same name. */
  users: string[];
  /** Shell commands that put released programs in place, run side by side. */
  releases: string[];
  directories: { path: string; mode: string; owner: string }[];
  /** Files without secrets: they are part of the command, so that a preview shows how they change. */
  files: MachineFile[];
  /** Whether the command's standard input brings secret files (`renderSecrets`). */
  secrets: boolean;
  /** Shell commands run after the files are there, before the units start. */
  prepare: string[];
  /** Started one list after the other; the units of one list side by side. */
  units: StepUnit[][];
}

const LIBRARY = readFileSync(join(__dirname, "library.sh"), "utf8");

/** The shell command that carries out `step`, to be run by a user who may use sudo. Holds no secrets. */
export function renderStep(step: Step): string {
  const script = [
    `STEP=${step.name}`,
    `RELEASES=${directories.releases}`,
    `BINARIES=${directories.binaries}`,
    LIBRARY,
    ...renderUsers(step),
    ...sideBySide(step.releases),
    ...step.directories.map((d) => `install -d -m ${d.mode} -o ${d.owner} -g ${d.owner} ${d.path}`),
    ...step.files.map((f) => `put ${f.path} ${f.mode} ${f.owner} ${heredoc("HARDWAY-FILE", f.content)}`),
    ...(step.secrets ? ["put_secrets"] : []),
    ...step.prepare,
    ...(step.units.length > 0 ? ["systemctl daemon-reload"] : []),
    ...step.units.flatMap((wave) => sideBySide(wave.map(renderStart))),
  ].join("\n");
  return [
    "set -eu",
    "script=$(mktemp)",
    `trap 'rm -f "$script"' EXIT`,
    `cat >"$script" ${heredoc("HARDWAY-STEP", script)}`,
    `sudo bash "$script"`,
    "",
  ].join("\n");
}

/** Secret files as `put_secrets` in the library reads them from standard input. */
export function renderSecrets(files: MachineFile[]): string {
  return files.map((f) => `${f.path} ${f.mode} ${f.owner} ${Buffer.from(f.content).toString("base64")}\n`).join("");
}

function renderUsers(step: Step): string[] {
  if (step.users.length === 0) return [];
  const path = `/etc/sysusers.d/hardway-${step.name}.conf`;
  const lines = step.users.map((user) => `u ${user} - "hardway ${user}" /nonexistent /usr/sbin/nologin\n`).join("");
  return [`put ${path} 0644 root ${heredoc("HARDWAY-FILE", lines)}`, `systemd-sysusers ${path}`];
}

function sideBySide(commands: string[]): string[] {
  if (commands.length < 2) return commands;
  return [
    "jobs=()",
    ...commands.map((c) => `${c} & jobs+=($!)`),
    `for job in "${"$"}{jobs[@]}"; do wait "${"$"}job"; done`,
  ];
}

function renderStart(unit: StepUnit): string {
  const check = `check_${unit.name.replace(/[^a-z]/g, "_")}`;
  return `${check}() { ${unit.check}; }\nstart ${unit.name} ${unit.timeoutSeconds} ${check} ${unit.reads.join(" ")}`;
}

function heredoc(delimiter: string, content: string): string {
  const text = content.endsWith("\n") ? content : `${content}\n`;
  if (text.split("\n").includes(delimiter)) throw new Error(`a file's content has the line ${delimiter}`);
  return `<<'${delimiter}'\n${text}${delimiter}`;
}
