import type { Ssh } from "../../lib/ssh";
import type { ControllerOutput } from "../../outputs";

/** Of each unit on each controller: when it started, in seconds since this computer booted. */
export type Starts = Record<string, number>;

/** When the units `names` on the controllers started. */
export async function starts(
  ssh: Ssh,
  controllers: ControllerOutput[],
  names = ["etcd", "kube-apiserver"],
): Promise<Starts> {
  const show = names
    .map((unit) => `systemctl show --property=ActiveEnterTimestampMonotonic --value ${unit}`)
    .join("; ");
  const found = await Promise.all(
    controllers.map(async (controller) => {
      const { stdout } = await ssh.run(controller, show);
      return stdout
        .trim()
        .split("\n")
        .map((microseconds, i) => [`${names[i]} on ${controller.name}`, Number(microseconds) / 1e6] as const);
    }),
  );
  return Object.fromEntries(found.flat());
}

/** The names whose time is another than before. */
export const restarted = (before: Starts, after: Starts) =>
  Object.keys(before)
    .filter((name) => before[name] !== after[name])
    .sort();

/** The names of units on every controller. */
export const every = (controllers: ControllerOutput[], ...units: string[]) =>
  units.flatMap((unit) => controllers.map(({ name }) => `${unit} on ${name}`)).sort();

/** The seconds between the starts of a unit on one controller and on the next. */
export function betweenStarts(all: Starts, unit: string): number[] {
  const times = Object.entries(all)
    .filter(([name]) => name.startsWith(`${unit} `))
    .map(([, at]) => at)
    .sort((a, b) => a - b);
  return times.slice(1).map((at, i) => at - times[i]!);
}
