import { parseArgs } from "node:util";
import { BUILDABLE, DEFAULTS, ensureTools, Release, toolEnv, toolPaths } from ".";
import { allTargets } from "./targets";

const all = allTargets({ arch: "amd64" });
const list = (names: string[]) => [...new Set(names)].join(", ");
const RELEASE_NAMES = Object.keys(BUILDABLE) as Release[];
const versions = (release: Release) =>
  BUILDABLE[release].map((version) => (version === DEFAULTS[release] ? `${version} (default)` : version)).join(", ");

const HELP = `Gets the tools of the stacks: official releases where they can be reached, and else built from pinned Go modules. What is
there already stays.

usage: tsx local/tools/cli.ts COMMAND

  ensure [--official] [NAME…]
                  get the named tools that are missing or out of date; without a name, all but those of workers.
                  --official: build none of them, as for stacks on Google Cloud
  env [VERSION]   print shell commands that put the tools on PATH: eval "$(… env)"; VERSION is that of kubectl
  paths           print the directories of the tools as JSON
  --help          print this text

names:    ${list(all.map(({ name }) => name))}
groups:   ${list(all.flatMap(({ groups }) => groups))}
versions: NAME@VERSION gets a version that is not the default; workers@VERSION gets kubelet and kube-proxy of that version
          ${RELEASE_NAMES.map((release) => `${release} ${versions(release)}`).join("\n          ")}

The tools go to $XDG_CACHE_HOME/hardway (~/.cache/hardway). Go's own settings, such as GOPROXY, apply. After Ctrl-C, run
the same command again: it continues where it stopped.

HARDWAY_TOOLS=auto      the default: download what the official places (github.com and dl.k8s.io) answer for within 3 s,
                        check the checksums, and build the rest. What is there stays, wherever it came from
HARDWAY_TOOLS=official  build nothing. A pulumi v3 on PATH is used, with its own plugins, instead of a downloaded one
HARDWAY_TOOLS=build     download nothing
HARDWAY_TOOLS_MIRROR    a mirror of the official places: https://HOST/PATH is at $HARDWAY_TOOLS_MIRROR/HOST/PATH
`;

/** Aborted by SIGINT (Ctrl-C) and SIGTERM. */
const interrupted = new AbortController();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { help: { type: "boolean", short: "h" }, official: { type: "boolean" } },
    allowPositionals: true,
  });
  const [command, ...names] = positionals;
  if (values.help || command === "help") return void process.stdout.write(HELP);
  if (command === "ensure") return ensure(names, values.official);
  if (values.official) throw new Error("--official belongs to ensure; see --help");
  if (command === "env" && names.length <= 1) return printEnv(names[0]);
  if (command === "paths" && names.length === 0) return void console.log(JSON.stringify(toolPaths(), null, 2));
  if (command === "env" || command === "paths") throw new Error(`too many arguments for ${command}; see --help`);
  throw new Error(
    command === undefined ? "a command is missing; see --help" : `unknown command "${command}"; see --help`,
  );
}

async function ensure(names: string[], official?: boolean): Promise<void> {
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) {
    process.once(signal, () => interrupted.abort(new Error(`stopped by ${signal}; run the command again to continue`)));
  }
  await ensureTools({ names, official, log: (line) => console.log(line), signal: interrupted.signal });
}

function printEnv(version?: string): void {
  const lines = Object.entries(toolEnv(process.env, version)).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  process.stdout.write(lines.join(""));
}

main().catch((error: Error) => {
  console.error(`tools: ${error.message}`);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
});
