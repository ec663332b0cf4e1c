import { Check, Context, Seen, Unreached } from "./check";

export type Result = Seen & { name: string };

export interface RunOptions {
  /** Milliseconds until a failing check is not tried again. */
  boundMs?: number;
  /** Called every second: the checks that have not passed yet, with what each saw last. */
  onWaiting?: (waiting: ReadonlyMap<string, string>) => void;
}

/**
 * A new lease comes within seconds. A leader that ended keeps its lease for 15 s more, and those that would take over may
 * have been restarted themselves.
 */
const BOUND_MS = 30_000;
const PAUSE_MS = 1_000;
/** A look that is under way at the bound has this long to end. */
const LAST_LOOK_MS = 10_000;

/**
 * Runs checks of a control plane side by side, and returns what each saw last, after a line about SSH that sums up which machines could not
 * be asked.
 */
export async function runChecks(checks: Check[], context: Context, options?: RunOptions): Promise<Result[]> {
  return conclude(await settleAll(checks, context, options), context);
}

/** Runs checks side by side, each until it passes or the bound is over, and returns what each saw last. */
export async function settleAll<C>(
  checks: Check<C>[],
  context: C,
  { boundMs = BOUND_MS, onWaiting }: RunOptions = {},
): Promise<Result[]> {
  const deadline = Date.now() + boundMs;
  const waiting = new Map(checks.map(({ name }) => [name, "no answer yet"]));
  const ticker = setInterval(() => onWaiting?.(waiting), PAUSE_MS);
  const results = await Promise.all(
    checks.map(async (check) => {
      const result = await settle(check, context, deadline, ({ seen }) => waiting.set(check.name, seen));
      waiting.delete(check.name);
      return { name: check.name, ...result };
    }),
  );
  clearInterval(ticker);
  return results;
}

/** Looks until the check passes or cannot mend itself, or until the bound is over. */
async function settle<C>(check: Check<C>, context: C, deadline: number, onSeen: (seen: Seen) => void): Promise<Seen> {
  const end = deadline + LAST_LOOK_MS;
  let last: Seen = { ok: false, seen: `no answer within ${Math.ceil((end - Date.now()) / 1000)} s` };
  for (;;) {
    last = await within(end - Date.now(), look(check, context), last);
    const complete = last.ok && !last.partly && !last.unreached?.length;
    if (complete || last.final || Date.now() + PAUSE_MS > deadline) return last;
    onSeen(last);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** A check that cannot be carried out has failed. */
const look = async <C>(check: Check<C>, context: C): Promise<Seen> => {
  try {
    return await check.run(context);
  } catch (error) {
    return { ok: false, seen: (error as Error).message };
  }
};

/** What the promise resolves with, or `otherwise` when that takes longer. */
async function within<T>(ms: number, promise: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => (timer = setTimeout(() => resolve(otherwise), ms)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A check that left something out is as good as the rest only while another check says why. */
function conclude(results: Result[], context: Context): Result[] {
  const ssh = reached(results, context);
  const explained = [ssh, ...results].some(({ ok }) => !ok);
  return [ssh, ...results.map((result) => (result.partly && !explained ? { ...result, ok: false } : result))];
}

/** Each machine that SSH did not reach, once, however many checks wanted to ask it. */
function reached(results: Result[], { outputs }: Context): Result {
  const name = "SSH reaches every controller";
  const reasons = new Map(results.flatMap(({ unreached = [] }) => unreached.map((u) => [u.machine, u] as const)));
  const count = outputs.controllers.length;
  if (reasons.size === 0) return { name, ok: true, seen: `${count} of ${count}` };
  return { name, ok: false, seen: [...reasons.values()].map((each) => wayOut(each, outputs.controllers)).join("; ") };
}

function wayOut({ machine, reason }: Unreached, controllers: Context["outputs"]["controllers"]): string {
  const said = `${machine}: ${reason}`;
  const controller = controllers.find(({ name }) => name === machine);
  // ssh got an answer, so the machine runs and the firewall lets it through.
  if (controller === undefined || /Permission denied|Host key verification/.test(reason)) return said;
  const { instance, zone } = controller;
  return `${said}. Is the instance ${instance} in ${zone} running, and is your address in administratorCidrs?`;
}
