import { existsSync } from "fs";
import { directories } from "../../../node/layout";
import { ControllerOutput } from "../../../outputs";
import { output } from "../../../lib/process";
import { Ssh } from "../../../lib/ssh";
import { needles } from "./needles";

/** Searches files for secrets. Reports which secret was found where, and never shows one. */
export class Search {
  private readonly names = new Map<string, string>();

  constructor(secrets: Iterable<[name: string, secret: Buffer]>) {
    for (const [name, secret] of secrets) for (const needle of needles(secret)) this.names.set(needle, name);
  }

  /** Searches every file of this host below the paths, except in directories with a name in `except`. */
  async files(paths: string[], except: string[] = []): Promise<string[]> {
    const missing = paths.filter((path) => !existsSync(path));
    if (missing.length > 0) throw new Error(`paths to search must exist; missing: ${missing.join(", ")}`);
    const excluded = except.map((name) => `--exclude-dir=${name}`);
    return this.read(
      await output("sh", ["-c", FILES, "search", ...excluded, "--", ...paths], { input: this.patterns }),
    );
  }

  /** Searches a controller: its disk except the files that hold secrets, the file systems in memory, and its journal. */
  async machine(ssh: Ssh, controller: ControllerOutput): Promise<string[]> {
    const { code, stdout, stderr } = await ssh.run(controller, `sudo bash -c '${MACHINE}'`, 300_000, this.patterns);
    if (code !== 0) throw new Error(`${controller.name}: ${stderr}`);
    return this.read(stdout, `${controller.name} `);
  }

  private get patterns(): string {
    return [...this.names.keys(), ""].join("\n");
  }

  /** Reads grep's output: a path, a NUL and a needle on each line. */
  private read(found: string, machine = ""): string[] {
    const lines = found.split("\n").filter(Boolean);
    const where = lines
      .map((line) => line.split("\0"))
      .map(([path, needle]) => `${this.names.get(needle!)}: ${machine}${path}`);
    return [...new Set(where)].sort();
  }
}

/** Prints what it finds. Its exit status is ignored, because files may come and go during the search. */
const GREP =
  "LC_ALL=C grep --text --only-matching --fixed-strings --with-filename --null --no-messages --devices=skip --file";
const FILES = `${GREP}=- --recursive "$@" | sort --unique`;

const holders = [directories.etcdPki, directories.kubernetes].map((directory) => `-path "${directory}/*"`).join(" -o ");

/** Passes the needles through a pipe, so that the search does not find them in a file. */
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
