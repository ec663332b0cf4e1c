import { minorOf, PROGRAMS } from "../node/versions";
import type { StackOutputs } from "../outputs";

type Key = keyof typeof PROGRAMS;
type Versions = Record<Key, string>;
/** What the settings name: empty or missing where they name no version. */
type Named = Partial<Versions>;
type Running = Partial<Pick<StackOutputs, Key>>;

const keys = Object.keys(PROGRAMS) as Key[];

/** The versions that a stack gets: those that its settings name, or else those that it runs, or else the newest. */
export const chooseVersions = (named: Named, running: Running): Versions =>
  Object.fromEntries(keys.map((key) => [key, named[key] || running[key] || PROGRAMS[key].newest.at(-1)!])) as Versions;

/** A sentence for each program that stays on an older version only because the settings name none. */
export const offers = (named: Named, running: Running): string[] =>
  keys.flatMap((key) => {
    const before = running[key];
    const next = before === undefined || named[key] ? undefined : nextAfter(key, before);
    return next === undefined
      ? []
      : [
          `${PROGRAMS[key].name} stays on ${before}, which runs, because the settings name no version. ` +
            `This program also has ${next}: pulumi config set ${key} ${next} (docs/upgrade.md)`,
        ];
  });

/** The newest version that one update can reach from `version`: an update raises the minor by at most one. Undefined when none is newer. */
function nextAfter(key: Key, version: string): string | undefined {
  const { newest } = PROGRAMS[key];
  const own = newest.findIndex((one) => minorOf(one) === minorOf(version));
  const next = own < 0 ? undefined : (newest[own + 1] ?? newest[own]);
  return next !== undefined && isNewer(next, version) ? next : undefined;
}

const isNewer = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true }) > 0;
