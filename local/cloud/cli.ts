/** The local cloud's command line. Each command loads what it needs and no more: `start` of a running cloud answers at once. */
import { parseArgs } from "node:util";

const USAGE = `Usage: npx tsx local/cloud/cli.ts COMMAND

  start           starts the local cloud, unless it runs: edge network, daemon, machine image (built once). Needs root
  stop [--keep]   ends it: machines, daemon, networks, disks, state. --keep leaves disks and state for the next start. Needs root
  status          prints instances and forwarding rules. Needs root where a cloud runs
  logs [--follow] prints the daemon's log

  --help          prints this

State is in $XDG_STATE_HOME/hardway/cloud (default ~/.local/state/hardway/cloud).`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean" }, keep: { type: "boolean" }, follow: { type: "boolean", short: "f" } },
  });
  const [command, ...rest] = positionals;
  if (values.help) return console.log(USAGE);
  if (rest.length > 0 || command === undefined) throw new Error(`One command is needed.\n\n${USAGE}`);
  switch (command) {
    case "start":
      return (await import("./cli/start")).start();
    case "stop":
      return (await import("./cli/stop")).stop({ keep: values.keep ?? false });
    case "status":
      process.exitCode = (await (await import("./cli/status")).status()) ? 0 : 1;
      return;
    case "logs":
      return (await import("./cli/logs")).logs({ follow: values.follow ?? false });
    default:
      throw new Error(`Unknown command "${command}".\n\n${USAGE}`);
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
