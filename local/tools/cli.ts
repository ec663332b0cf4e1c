import { parseArgs } from "node:util";
import { ensureTools, toolEnv, toolPaths } from ".";
import { allTargets } from "./targets";

const HELP = `Builds the tools of the local stack from pinned Go modules, or finds them built.

usage: tsx local/tools/cli.ts COMMAND

  ensure [NAME…]  build what is missing or out of date; all of it without names
  env             print shell lines that put the tools on PATH: eval "$(… env)"
  paths           print where everything lies, as JSON
  --help          this text

names: ${allTargets({ arch: "amd64" })
  .map((target) => target.name)
  .join(", ")};
       plugins and kubernetes stand for several; kubernetes@VERSION and etcd@VERSION insist on a version

The cache is $XDG_CACHE_HOME/hardway (~/.cache/hardway). Go's proxy settings (GOPROXY and so on) hold. A build that was
cut short goes on where it was.

HARDWAY_TOOLS=official  use the pulumi on PATH, with its own plugins; Kubernetes and etcd are still built, since the
                        local cloud's machines reach no official mirror. Without it all is built here.
`;

/** Aborted by Ctrl-C and by a request to end. */
const interrupted = new AbortController();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  const [command, ...names] = positionals;
  if (values.help || command === "help") return void process.stdout.write(HELP);
  if (command === "ensure") return ensure(names);
  if (names.length > 0) throw new Error(`${command} takes no arguments: ${names.join(" ")}`);
  if (command === "paths") return void console.log(JSON.stringify(toolPaths(), null, 2));
  if (command === "env") return printEnv();
  throw new Error(`${command === undefined ? "no command" : `no command "${command}"`}; see --help`);
}

async function ensure(names: string[]): Promise<void> {
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) {
    process.once(signal, () => interrupted.abort(new Error(`stopped by ${signal}; run again to go on`)));
  }
  await ensureTools({ names, log: (line) => console.log(line), signal: interrupted.signal });
}

function printEnv(): void {
  const lines = Object.entries(toolEnv()).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  process.stdout.write(lines.join(""));
}

main().catch((error: Error) => {
  console.error(`tools: ${error.message}`);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
});
