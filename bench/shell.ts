import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "fs";
import { join } from "path";
import { capture, output } from "../lib/process";
import { quietly } from "./quiet";

const USER = "bench";

/**
 * SSH to machines, by a client configuration that a shell script can use too. Each machine has one connection that stays
 * open, like that of a person who has logged in.
 */
export class Shell {
  /** Path for `ssh -F` and `scp -F`. Its host names are the names of the machines. */
  readonly config: string;
  private readonly names: string[] = [];

  private constructor(
    private readonly directory: string,
    /** In the format of the metadata `ssh-keys`. */
    readonly authorizedKey: string,
  ) {
    this.config = join(directory, "config");
  }

  /** Creates a key pair in `scratch`. */
  static async open(scratch: string): Promise<Shell> {
    const directory = join(scratch, "ssh");
    mkdirSync(directory);
    const key = join(directory, "key");
    await output("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", USER, "-f", key]);
    return new Shell(directory, `${USER}:${readFileSync(`${key}.pub`, "utf8").trim()}`);
  }

  private file = (name: string) => join(this.directory, name);

  /** Adds a machine to the configuration. `hostKey` is `TYPE BASE64`. */
  async add(name: string, address: string, hostKey: string): Promise<void> {
    appendFileSync(this.file("hosts"), `${name} ${hostKey}\n`);
    const options = {
      HostName: address,
      HostKeyAlias: name,
      HostKeyAlgorithms: hostKey.split(" ")[0]!,
      User: USER,
      IdentityFile: this.file("key"),
      IdentitiesOnly: "yes",
      BatchMode: "yes",
      UserKnownHostsFile: this.file("hosts"),
      StrictHostKeyChecking: "yes",
      LogLevel: "ERROR",
      ConnectTimeout: "5",
      ControlMaster: "auto",
      ControlPath: this.file(name),
      ControlPersist: "yes",
      // Notices a deleted machine, which does not close its connections.
      ServerAliveInterval: "5",
      ServerAliveCountMax: "2",
    };
    const lines = Object.entries(options).map(([key, value]) => `  ${key} ${value}\n`);
    appendFileSync(this.config, `Host ${name}\n${lines.join("")}`);
    this.names.push(name);
    return Promise.resolve();
  }

  /** True when a login works, else undefined. Leaves the connection open. */
  async answers(name: string): Promise<true | undefined> {
    const { code } = await capture("ssh", ["-F", this.config, "-Nf", name], { timeoutMs: 30_000 });
    return code === 0 ? true : undefined;
  }

  /** Runs a script on a machine, as root. Rejects with the end of its output when it fails. */
  async run(name: string, script: string): Promise<void> {
    const [input, log] = [this.file(`${name}.sh`), this.file(`${name}.log`)];
    writeFileSync(input, script, { mode: 0o600 });
    await quietly("ssh", ["-F", this.config, name, "sudo bash -euo pipefail -s"], { input, log });
  }

  /** Copies files into the user's home directory on a machine. */
  async copy(name: string, files: string[]): Promise<void> {
    await quietly("scp", ["-q", "-F", this.config, ...files, `${name}:`], { log: this.file(`${name}.log`) });
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await Promise.all(
      this.names.map((name) =>
        capture("ssh", ["-F", this.config, "-O", "exit", name], { timeoutMs: 10_000 }).catch(() => undefined),
      ),
    );
  }
}
