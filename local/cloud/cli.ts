/** The local cloud's command line. Each command loads only what it needs, so that `start` answers at once when a cloud runs. */
import { parseArgs } from "node:util";

const USAGE = `Usage: npx tsx local/cloud/cli.ts COMMAND

  start           starts the local cloud if it does not run: machine image (built once), edge network, daemon. Needs root
  stop [--keep]   stops machines and daemon, and removes networks, disks and state. --keep leaves disks and state for the
                  next start. Needs root
  status          prints instances and forwarding rules. Needs root while a cloud runs
  logs [--follow] prints the daemon's log

  --help          prints this text

State is in $XDG_STATE_HOME/hardway/cloud (default ~/.local/state/hardway/cloud).`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean" }, keep: { type: "boolean" }, follow: { type: "boolean", short: "f" } },
  });
  const [command, ...rest] = positionals;
  if (values.help) return console.log(USAGE);
  if (rest.length > 0 || command === undefined) throw new Error(`Name one command.\n\n${USAGE}`);
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
