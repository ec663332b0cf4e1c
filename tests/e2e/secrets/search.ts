import { existsSync } from "fs";
import { directories } from "../../../node/layout";
import { ControllerOutput } from "../../../outputs";
import { output } from "../../../lib/process";
import { Ssh } from "../../../lib/ssh";
import { needles } from "./needles";

/** Looks for secrets in files; tells which was found where, and never shows one. */
export class Search {
  private readonly names = new Map<string, string>();

  constructor(secrets: Iterable<[name: string, secret: Buffer]>) {
    for (const [name, secret] of secrets) for (const needle of needles(secret)) this.names.set(needle, name);
  }

  /** In every file of this host below the paths, directories called `except` left out. */
  async files(paths: string[], except: string[] = []): Promise<string[]> {
    const missing = paths.filter((path) => !existsSync(path));
    if (missing.length > 0) throw new Error(`there is no ${missing.join(", ")} to search`);
    const excluded = except.map((name) => `--exclude-dir=${name}`);
    return this.read(
      await output("sh", ["-c", FILES, "search", ...excluded, "--", ...paths], { input: this.patterns }),
    );
  }

  /** On a controller: its disk but for the files that are there to hold secrets, what is in memory only, and its journal. */
  async machine(ssh: Ssh, controller: ControllerOutput): Promise<string[]> {
    const { code, stdout, stderr } = await ssh.run(controller, `sudo bash -c '${MACHINE}'`, 300_000, this.patterns);
    if (code !== 0) throw new Error(`${controller.name}: ${stderr}`);
    return this.read(stdout, `${controller.name} `);
  }

  private get patterns(): string {
    return [...this.names.keys(), ""].join("\n");
  }

  /** From a path, a NUL and a needle in each line. */
  private read(found: string, machine = ""): string[] {
    const lines = found.split("\n").filter(Boolean);
    const where = lines
      .map((line) => line.split("\0"))
      .map(([path, needle]) => `${this.names.get(needle!)}: ${machine}${path}`);
    return [...new Set(where)].sort();
  }
}

/** Prints what is found. Files that come and go meanwhile are no error, so its status tells nothing. */
const GREP =
  "LC_ALL=C grep --text --only-matching --fixed-strings --with-filename --null --no-messages --devices=skip --file";
const FILES = `${GREP}=- --recursive "$@" | sort --unique`;

const holders = [directories.etcdPki, directories.kubernetes].map((directory) => `-path "${directory}/*"`).join(" -o ");

/** The needles stay in memory: a pipe is no file. */
const MACHINE = `
needles=$(cat)
search() { ${GREP}=<(printf "%s\\n" "$needles") "$@"; }
set -e
mapfile -d "" files < <(find / /run /tmp /dev/shm -xdev -type f ! \\( -perm 400 \\( ${holders} \\) \\) -print0)
{
  search -- "\${files[@]}" || true
  journalctl --output=export --no-pager | search --label=journal - || true
} | sort --unique
`;
