import { backupUnits, directories } from "../../node/layout";
import { EARLY_SECONDS } from "../../node/programs/backup";
import { Answer, ask, asRoot, judge } from "../ask";
import { Check, shellOn } from "../check";

/** What a machine says about its backups. Times are in seconds. */
interface Backups {
  /** States of the timer, and of the unit's last run. */
  timer: string;
  last: string;
  /** How long the timer has been active. */
  watching: number;
  intervalHours: number;
  /** Age of the last good backup; undefined when there is none. */
  age?: number;
  kept: number;
}

const HOUR = 3600;
/** The timer comes once an hour, some minutes late at most, and a backup of a large database takes a while. */
const MARGIN = HOUR + EARLY_SECONDS;

const files = `${directories.etcdBackups}/*.etcd.tar`;
const property = (unit: string, name: string) => `$(systemctl show --property=${name} --value ${unit})`;

/** Prints the fields of Backups as NAME=VALUE. A date that systemd does not have is empty, and counts as now. */
const COMMAND = asRoot(
  [
    `now=$(date +%s)`,
    `echo timer=${property(backupUnits.timer, "ActiveState")}`,
    `echo last=${property(backupUnits.due, "ActiveState")}`,
    `echo watching=$((now - $(date +%s --date "${property(backupUnits.timer, "ActiveEnterTimestamp")}")))`,
    `echo ${property(backupUnits.due, "Environment")} | tr " " "\\n" | grep INTERVAL_HOURS`,
    `test -e ${directories.etcdBackups}/last-good.json && echo age=$((now - $(stat --format %Y ${directories.etcdBackups}/last-good.json)))`,
    `echo kept=$(ls ${files} 2>/dev/null | wc -l)`,
  ].join("; "),
);

export const backups: Check = {
  name: "etcd backed up on every controller",
  async run(context) {
    const asked = await ask(context, COMMAND);
    return judge(
      asked,
      ({ controller: { name }, stdout }) => {
        const problem = problemOf(read(stdout));
        const look = `${shellOn(context, name)}, then sudo journalctl -u ${backupUnits.due}`;
        return problem === undefined ? [] : [`${name}: ${problem}: ${look}`];
      },
      describe,
    );
  },
};

function problemOf({ timer, last, age, watching, intervalHours, kept }: Backups): string | undefined {
  if (timer !== "active") return `${backupUnits.timer} is ${timer}, so no backups are taken; make up starts it`;
  if (last === "failed")
    return `the last backup failed${age === undefined ? "" : `, and the last good one is ${words(age)} old`}`;
  const late = (seconds: number) => seconds > 2 * intervalHours * HOUR + MARGIN;
  // A machine that was off makes up for what it missed, when its timer comes for the first time.
  if (watching > MARGIN && age === undefined) return "there is no backup";
  if (watching > MARGIN && age !== undefined && late(age))
    return `the last good backup is ${words(age)} old, one is due every ${intervalHours} h`;
  if (age !== undefined && kept === 0) return `the backups in ${directories.etcdBackups} are gone`;
  return undefined;
}

function describe(answers: Answer[]): string {
  const all = answers.map(({ stdout }) => read(stdout));
  const ages = all.flatMap(({ age }) => age ?? []);
  const first = all.length - ages.length;
  const every = `every ${all[0]?.intervalHours} h`;
  const due = first === 0 ? "" : `the first is due within ${words(MARGIN)} on ${first} of ${all.length}`;
  if (ages.length === 0) return `${due}, then ${every}`;
  return [`the oldest of the last is ${words(Math.max(...ages))} old, ${every}`, due].filter(Boolean).join("; ");
}

/** 5400 as 1 h 30 min. */
function words(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function read(stdout: string): Backups {
  const lines = stdout.trim().split("\n");
  const fields = Object.fromEntries(lines.map((line) => line.split("=", 2))) as Record<string, string | undefined>;
  return {
    timer: fields.timer || "unknown",
    last: fields.last || "unknown",
    watching: Number(fields.watching),
    intervalHours: Number(fields.INTERVAL_HOURS),
    age: fields.age === undefined ? undefined : Number(fields.age),
    kept: Number(fields.kept),
  };
}
