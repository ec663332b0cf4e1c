import { MachineFile } from "./file";
import { Release, renderReleases } from "./release";
import { Library, library, sideBySide } from "./script";

/** A unit that runs at the end of a step. */
export interface StepUnit {
  /** With its suffix, for example etcd.service. */
  name: string;
  /** Shell command that succeeds once the program works. */
  check: string;
  /** Seconds after which the step fails when `check` has not succeeded. */
  timeoutSeconds: number;
  /**
   * Paths of all files that the program reads when it starts. The unit restarts when one differs from when it last started.
   * Leaves are not among them, because programs notice new ones, or are told of them (`reloads`).
   */
  reads: string[];
  /** Whether the program notices new leaves only when it is told (systemctl reload). */
  reloads?: boolean;
  /** Units of other steps that restart together with this one where they run, because they cannot do without it. */
  takesAlong?: string[];
}

/** What one remote command does on one machine, in the order of these fields. */
export interface Step {
  /** Also the name of the lock on the machine, so that a step never runs twice at the same time. */
  name: string;
  /** The machine's name within the cluster, for messages and for the turn. */
  machine: string;
  /** The machine's hardware, for people. The step runs again when it changes. */
  hardware: string;
  /** System users, each with a group of the same name. */
  users: string[];
  /** Programs, which are installed before anything else changes. */
  releases: Release[];
  /** Files without secrets. */
  files: MachineFile[];
  /** The secret files that are certificates, by the path of the authority that signed them. The machine checks them first. */
  leaves: Record<string, string[]>;
  /** Shell commands that run after the files are written and before the units start. */
  prepare: string[];
  /** Units start in parallel. systemd's After= orders them. */
  units: StepUnit[];
  /** The step's machines are the etcd cluster: others leave it before the step ends. */
  decidesMembers?: boolean;
  /** The machine waits for no other one before it changes. Whoever runs the steps orders them. */
  alone?: boolean;
  /** Shell functions that only this step has. */
  functions?: Library;
  /** Shell commands that run before anything is written: they may change what will be. */
  stage?: string[];
  /** Shell commands that run once all units are healthy. */
  finish?: string[];
}

/** The shell command that runs a step, which it reads from standard input. The user must be allowed to use sudo. */
export const stepCommand = (step: Step): string => `sudo bash -s -- ${step.name}`;

/**
 * The standard input of `stepCommand`: the script, which contains no secrets, and then the secret files. The script is one
 * function that its last line calls, so that a script that arrives incomplete does nothing.
 */
export function renderStep(step: Step, secrets: MachineFile[]): string {
  const script = [
    "main() {",
    `# For ${step.machine}: ${step.hardware}`,
    library("releases"),
    library("step"),
    library(step.alone ? "alone" : "turn"),
    library("transaction"),
    ...(step.functions ? [library(step.functions)] : []),
    `begin_step ${step.name} ${step.machine}`,
    ...renderUsers(step),
    ...step.files.map((f) => `put ${f.path} ${f.mode} ${f.owner} ${heredoc(f.content)}`),
    "note_beginning",
    ...(step.decidesMembers ? [library("members"), "welcome"] : []),
    ...renderReleases(step.releases),
    "put_secrets",
    ...Object.entries(step.leaves).map(([authority, leaves]) => `check_leaves ${authority} ${leaves.join(" ")}`),
    ...(step.stage ?? []),
    ...renderUnits(step),
    "transact prepare note_units start_units",
    ...(step.decidesMembers ? ["await_leavers"] : []),
    ...(step.finish ?? []),
    `note_written ${step.units.map((unit) => unit.name).join(" ")}`,
    "}",
    "main; exit\n",
  ];
  return [script.join("\n"), ...secrets.map(renderSecret), ".\n"].join("");
}

/** The content of the files without secrets, by path, so that a preview shows how they change. */
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
    `systemd-sysusers "$stage${path}" >"$work/sysusers" 2>&1 || fail "no users made: $(cat "$work/sysusers")"`,
  ];
}

/** A shell function of these commands. */
const shellFunction = (name: string, commands: string[]) => `${name}() {\n${["true", ...commands].join("\n")}\n}`;

/** The functions that `transact` is given. */
function renderUnits({ prepare, units }: Step): string[] {
  const check = (name: string) => `check_${name.replace(/[^a-z]/g, "_")}`;
  const names = units.map((unit) => unit.name);
  const first = units[0];
  return [
    ...units.map((unit) => `${check(unit.name)}() { ${unit.check}; }`),
    // A machine serves when the unit that the others depend on does.
    `serves() { ${first ? `settled ${first.name} && ${check(first.name)} >/dev/null 2>&1` : "false"}; }`,
    shellFunction("prepare", prepare),
    shellFunction(
      "note_units",
      units.flatMap((unit) => [
        `changed ${unit.name} ${unit.reads.join(" ")}`,
        ...(unit.takesAlong ?? []).map((other) => `takes_along ${unit.name} ${other}`),
      ]),
    ),
    shellFunction(
      "start_units",
      units.length === 0
        ? []
        : [
            ...names.map((name) => `drop_ins ${name} | xargs --no-run-if-empty rm -r`),
            "systemctl daemon-reload",
            `systemctl enable --quiet --no-reload ${names.join(" ")}`,
            "SECONDS=0",
            `restart_changed ${Math.max(...units.map((unit) => unit.timeoutSeconds))}`,
            ...units.filter(({ reloads }) => reloads).map(({ name }) => `reload_unchanged ${name}`),
            ...sideBySide(units.map(({ name, timeoutSeconds }) => `healthy ${name} ${timeoutSeconds} ${check(name)}`)),
          ],
    ),
  ];
}

const DELIMITER = "HARDWAY-FILE";

function heredoc(content: string): string {
  const text = content.endsWith("\n") ? content : `${content}\n`;
  if (text.split("\n").includes(DELIMITER))
    throw new Error(`no file may contain the line ${DELIMITER}, which ends a file in the script`);
  return `<<'${DELIMITER}'\n${text}${DELIMITER}`;
}
