import { MachineFile } from "./file";
import { Release, renderReleases } from "./release";
import { library, sideBySide } from "./script";

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
  /** Programs to be in place before anything else changes. */
  releases: Release[];
  /** Files without secrets. */
  files: MachineFile[];
  /** Shell commands run after the files are there, before the units start. */
  prepare: string[];
  /** Started side by side; what waits for what is told by the units themselves (After). */
  units: StepUnit[];
}

/** The shell command that carries out a step given on its standard input; its user may use sudo. */
export const stepCommand = (step: Step): string => `sudo bash -s -- ${step.name}`;

/**
 * What `stepCommand` reads: the script, which holds no secrets, and after it the secret files. The script is one function,
 * called in its last line: cut short on its way, it does nothing.
 */
export function renderStep(step: Step, secrets: MachineFile[]): string {
  const script = [
    "main() {",
    library("releases"),
    library("step"),
    `begin_step ${step.name}`,
    ...renderReleases(step.releases),
    ...renderUsers(step),
    ...step.files.map((f) => `put ${f.path} ${f.mode} ${f.owner} ${heredoc(f.content)}`),
    "put_secrets",
    ...step.prepare,
    ...renderUnits(step.units),
    "}",
    "main; exit\n",
  ];
  return [script.join("\n"), ...secrets.map(renderSecret), ".\n"].join("");
}

/** The files that hold no secrets, by path: for people who want to see what a change does. */
export const shownFiles = (step: Step): Record<string, string> =>
  Object.fromEntries(step.files.map((file) => [file.path, file.content]));

const renderSecret = (f: MachineFile) =>
  `${f.path} ${f.mode} ${f.owner} ${Buffer.from(f.content).toString("base64")}\n`;

function renderUsers(step: Step): string[] {
  if (step.users.length === 0) return [];
  const path = `/etc/sysusers.d/hardway-${step.name}.conf`;
  const lines = step.users.map((user) => `u ${user} - "hardway ${user}" /nonexistent /usr/sbin/nologin\n`).join("");
  return [
    `put ${path} 0644 root ${heredoc(lines)}`,
    `systemd-sysusers ${path} >"$work/sysusers" 2>&1 || fail "no users made: $(cat "$work/sysusers")"`,
  ];
}

function renderUnits(units: StepUnit[]): string[] {
  if (units.length === 0) return [];
  const check = (name: string) => `check_${name.replace(/[^a-z]/g, "_")}`;
  return [
    ...units.map((unit) => `${check(unit.name)}() { ${unit.check}; }`),
    "systemctl daemon-reload",
    `systemctl enable --quiet --no-reload ${units.map((unit) => unit.name).join(" ")}`,
    ...units.map((unit) => `changed ${unit.name} ${unit.reads.join(" ")}`),
    "SECONDS=0",
    `restart_changed ${Math.max(...units.map((unit) => unit.timeoutSeconds))}`,
    ...sideBySide(units.map(({ name, timeoutSeconds }) => `healthy ${name} ${timeoutSeconds} ${check(name)}`)),
  ];
}

const DELIMITER = "HARDWAY-FILE";

function heredoc(content: string): string {
  const text = content.endsWith("\n") ? content : `${content}\n`;
  if (text.split("\n").includes(DELIMITER)) throw new Error(`a file's content has the line ${DELIMITER}`);
  return `<<'${DELIMITER}'\n${text}${DELIMITER}`;
}
