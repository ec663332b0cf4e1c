import { mkdtempSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { ControllerOutput, StackOutputs } from "../outputs";
import { attached, capture, Finished } from "./process";

/** SSH to a stack's controllers with the stack's own key and host keys. Close it: it holds a private key on disk. */
export class Ssh {
  private readonly directory = mkdtempSync(join(tmpdir(), "hardway-ssh-"));
  private readonly connections = new Map<string, Promise<Finished>>();

  constructor(private readonly outputs: Pick<StackOutputs, "controllers" | "ssh">) {
    const { privateKey, hostKeys } = outputs.ssh;
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

  private args(controller: ControllerOutput): string[] {
    const options = {
      IdentityFile: this.file("key"),
      IdentitiesOnly: "yes",
      UserKnownHostsFile: this.file("hosts"),
      GlobalKnownHostsFile: "none",
      HostKeyAlias: controller.name,
      HostKeyAlgorithms: this.outputs.ssh.hostKeys[controller.name]!.split(" ")[0]!,
      StrictHostKeyChecking: "yes",
      ConnectTimeout: "10",
      LogLevel: "ERROR",
      ControlPath: this.file("%C"),
    };
    return [
      "-F",
      "none",
      ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
      `${this.outputs.ssh.user}@${controller.externalIp}`,
    ];
  }

  /** Runs a shell command on a controller, as the SSH user (who may use sudo); `input` is its standard input. */
  async run(controller: ControllerOutput, command: string, timeoutMs = 60_000, input?: string): Promise<Finished> {
    await this.connect(controller);
    return this.ssh(controller, ["-o", "BatchMode=yes"], command, timeoutMs, input);
  }

  private ssh(
    controller: ControllerOutput,
    options: string[],
    command: string,
    timeoutMs: number,
    input?: string,
  ): Promise<Finished> {
    return capture("ssh", [...options, ...this.args(controller), command], { timeoutMs, input });
  }

  /** One connection a controller, made by the first who asks, for all commands: many logins at once are refused by sshd. */
  private connect(controller: ControllerOutput): Promise<Finished> {
    const options = ["-o", "BatchMode=yes", "-o", "ControlMaster=yes", "-o", "ControlPersist=60"];
    const connection = this.connections.get(controller.name) ?? this.ssh(controller, options, "true", 30_000);
    this.connections.set(controller.name, connection);
    return connection;
  }

  /** A shell, or `command`, on this terminal. Resolves with the exit code. */
  interactive(controller: ControllerOutput, command?: string): Promise<number> {
    const terminal = process.stdin.isTTY && process.stdout.isTTY ? ["-t"] : [];
    return attached("ssh", [...terminal, ...this.args(controller), ...(command === undefined ? [] : [command])]);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.outputs.controllers
        .filter((c) => this.connections.has(c.name))
        .map((c) => this.ssh(c, ["-O", "exit"], "", 10_000).catch(() => undefined)),
    );
    rmSync(this.directory, { recursive: true, force: true });
  }
}
