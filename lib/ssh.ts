import { rmSync, writeFileSync } from "fs";
import { join } from "path";
import { scratchForSockets } from "./directories";
import { attached, capture, Finished, piped, Streams } from "./process";

/** A machine to connect to. */
export interface SshMachine {
  name: string;
  externalIp: string;
}

/** What a client needs to log in. */
export interface SshAccess {
  user: string;
  /** OpenSSH format. */
  privateKey: string;
  /** `TYPE BASE64` by machine name. */
  hostKeys: Record<string, string>;
}

/** Length of a control socket's name, in characters: up to three digits, and what ssh appends until the socket is ready. */
const LONGEST_SOCKET = "000".length + ".XXXXXXXXXXXXXXXX".length;

/** SSH to machines with known host keys. It keeps a private key on disk until `close` is called. */
export class Ssh {
  private readonly directory = scratchForSockets("hardway-ssh-", LONGEST_SOCKET);
  private readonly connections = new Map<string, { machine: SshMachine; opened: Promise<Finished> }>();

  constructor(private readonly access: SshAccess) {
    const { privateKey, hostKeys } = access;
    writeFileSync(this.file("key"), privateKey, { mode: 0o600 });
    writeFileSync(
      this.file("hosts"),
      Object.entries(hostKeys)
        .map(([name, key]) => `${name} ${key}\n`)
        .join(""),
    );
  }

  private file(name: string) {
    return join(this.directory, name);
  }

  private args(machine: SshMachine): string[] {
    const options = {
      IdentityFile: quoted(this.file("key")),
      IdentitiesOnly: "yes",
      UserKnownHostsFile: quoted(this.file("hosts")),
      GlobalKnownHostsFile: "none",
      HostKeyAlias: machine.name,
      HostKeyAlgorithms: this.access.hostKeys[machine.name]!.split(" ")[0]!,
      StrictHostKeyChecking: "yes",
      ConnectTimeout: "10",
      LogLevel: "ERROR",
      ControlPath: quoted(this.file(String(Object.keys(this.access.hostKeys).indexOf(machine.name)))),
    };
    return [
      "-F",
      "none",
      ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
      `${this.access.user}@${machine.externalIp}`,
    ];
  }

  /** Runs a shell command on a machine as the SSH user, who may use sudo. `input` is the command's standard input. */
  async run(machine: SshMachine, command: string, timeoutMs = 60_000, input?: string): Promise<Finished> {
    const connected = await this.connect(machine);
    if (connected.code !== 0) return connected;
    return this.ssh(machine, ["-o", "BatchMode=yes"], command, timeoutMs, input);
  }

  /**
   * Runs a command on a machine between two streams: `input` is its standard input, and `output` gets what it prints, in pieces.
   * For what is too large to keep, or not text. `stdout` of the result is empty. Rejects when a stream fails.
   */
  async pipe(machine: SshMachine, command: string, { input, output }: Streams): Promise<Finished> {
    const connected = await this.connect(machine);
    if (connected.code !== 0) return connected;
    return piped("ssh", ["-o", "BatchMode=yes", ...this.args(machine), command], { input, output });
  }

  private ssh(
    machine: SshMachine,
    options: string[],
    command: string,
    timeoutMs: number,
    input?: string,
  ): Promise<Finished> {
    return capture("ssh", [...options, ...this.args(machine), command], { timeoutMs, input });
  }

  /**
   * All commands for a machine share one connection, because sshd refuses many logins at once. When it cannot be opened, they
   * share that too, and the next command tries again.
   */
  private connect(machine: SshMachine): Promise<Finished> {
    const open = this.connections.get(machine.name);
    if (open !== undefined) return open.opened;
    const options = ["-o", "BatchMode=yes", "-o", "ControlMaster=yes", "-o", "ControlPersist=60"];
    const forget = () => this.connections.delete(machine.name);
    const opened = this.ssh(machine, options, "true", 30_000);
    this.connections.set(machine.name, { machine, opened });
    opened.then(({ code }) => code !== 0 && forget(), forget);
    return opened;
  }

  /** Runs a shell, or `command`, on this terminal. Resolves with the exit code. */
  interactive(machine: SshMachine, command?: string): Promise<number> {
    const terminal = process.stdin.isTTY && process.stdout.isTTY ? ["-t"] : [];
    return attached("ssh", [...terminal, ...this.args(machine), ...(command === undefined ? [] : [command])]);
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.connections.values()].map(({ machine }) =>
        this.ssh(machine, ["-O", "exit"], "", 10_000).catch(() => undefined),
      ),
    );
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A path as ssh's options take it: they split at spaces, and replace what begins with a percent sign. */
const quoted = (path: string) => `"${path.replace(/%/g, "%%")}"`;
