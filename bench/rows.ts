import { healthCheck, NOTICE_SECONDS } from "../node/draining";
import { ELECTION_TIMEOUT_MS } from "../node/programs/etcd";

/** The lines of the tables: the name of each figure in the code, and its text for readers. */

/** Numbers of controllers of the stacks that are measured. */
export const SIZES = [1, 3, 5] as const;
export type Size = (typeof SIZES)[number];
/** Number of machines of the floor and the walkthrough, and of controllers of the stack that is compared with them. */
export const USUAL: Size = 3;

export const names = {
  floor: "floor",
  floorMachines: "floor.machines",
  walkthrough: "walkthrough",
  walkthroughMachines: "walkthrough.machines",
  up: (size: Size) => `up.${size}`,
  memory: (size: Size) => `memory.${size}`,
  again: "again",
  preview: "preview",
  destroy: "destroy",
  makeUp: "make.up",
  makeDown: "make.down",
  /** Seconds, one figure for each machine that was killed. */
  gap: (what: "reads" | "writes", way: "door" | "direct") => `failover.${what}.${way}`,
} as const;

export interface Row {
  name: string;
  what: string;
  unit: "s" | "MiB";
}

const seconds = (name: string, what: string): Row => ({ name, what, unit: "s" });

export const rows: Row[] = [
  seconds(names.floor, "floor: the same programs, started by a script"),
  seconds(names.floorMachines, "  of that: until SSH works on three machines"),
  seconds(names.walkthrough, "walkthrough: the document as a serial script"),
  seconds(names.walkthroughMachines, "  of that: until SSH works on three machines"),
  ...SIZES.map((n) => seconds(names.up(n), `pulumi up, ${n} controller${n === 1 ? "" : "s"}`)),
  seconds(names.again, "pulumi up again, nothing to change"),
  seconds(names.preview, "pulumi preview, nothing to change"),
  seconds(names.destroy, "pulumi destroy"),
  seconds(names.makeUp, "make up, from nothing to verified"),
  seconds(names.makeDown, "make down, to nothing"),
  ...SIZES.map((n): Row => ({
    name: names.memory(n),
    what: `memory, ${n} controller${n === 1 ? "" : "s"}`,
    unit: "MiB",
  })),
];

/** A line of the table of failovers. */
export interface FailoverRow {
  name: string;
  what: string;
  /** The least and the most seconds for which the mechanism itself keeps a client waiting. */
  mechanism: [number, number];
  /** The project's goal for the 99th percentile, in seconds. Nothing fails when it is more. */
  aim: number;
}

/** The last failed probe takes its whole timeout, and the first one comes up to an interval after the machine died. */
const NOTICED: [number, number] = [NOTICE_SECONDS - healthCheck.intervalSeconds, NOTICE_SECONDS];
const ELECTED: [number, number] = [ELECTION_TIMEOUT_MS / 1000, (2 * ELECTION_TIMEOUT_MS) / 1000];
const DOOR_AIM = 9;
const DIRECT_AIM = 3;

export const failoverRows: FailoverRow[] = [
  { name: names.gap("reads", "door"), what: "reads, through the front door", mechanism: NOTICED, aim: DOOR_AIM },
  { name: names.gap("writes", "door"), what: "writes, through the front door", mechanism: NOTICED, aim: DOOR_AIM },
  { name: names.gap("reads", "direct"), what: "reads, knowing all controllers", mechanism: ELECTED, aim: DIRECT_AIM },
  { name: names.gap("writes", "direct"), what: "writes, knowing all controllers", mechanism: ELECTED, aim: DIRECT_AIM },
];

export interface Ratio {
  what: string;
  over: string;
  under: string;
  /** The project's goal: the ratio should be at most this. Nothing fails when it is more. */
  aim: number;
}

export const ratios: Ratio[] = [
  { what: "pulumi up / floor", over: names.up(USUAL), under: names.floor, aim: 2.5 },
  { what: "pulumi up / walkthrough", over: names.up(USUAL), under: names.walkthrough, aim: 0.5 },
  { what: "five controllers / three", over: names.up(5), under: names.up(3), aim: 1.5 },
];
