import { Check, Seen } from "../../../verify/check";
import { Result, runChecks } from "../../../verify/run";
import { FakeStack } from "./fakeStack";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const { context } = new FakeStack();
const fails = (seen: string, more: Partial<Seen> = {}): Seen => ({ ok: false, seen, ...more });
const passes = (seen: string, more: Partial<Seen> = {}): Seen => ({ ok: true, seen, ...more });

/** A check whose looks see these, the last again and again. */
function check(name: string, ...looks: (Seen | Error | "hangs")[]) {
  let count = 0;
  const run = jest.fn((): Promise<Seen> => {
    const look = looks[Math.min(count++, looks.length - 1)]!;
    if (look === "hangs") return new Promise<never>(() => undefined);
    return look instanceof Error ? Promise.reject(look) : Promise.resolve(look);
  });
  return { name, run } satisfies Check;
}

/** The results after the line about SSH, and the milliseconds that they took. */
async function run(...checks: Check[]): Promise<{ results: Result[]; ms: number }> {
  const started = Date.now();
  const done = runChecks(checks, context).then((results) => ({ results: results.slice(1), ms: Date.now() - started }));
  await jest.advanceTimersByTimeAsync(120_000);
  return done;
}

test("checks that pass are looked at once, and nothing waits", async () => {
  const [one, two] = [check("one", passes("fine")), check("two", passes("well"))];
  const { results, ms } = await run(one, two);
  expect(results).toEqual([
    { name: "one", ok: true, seen: "fine" },
    { name: "two", ok: true, seen: "well" },
  ]);
  expect(one.run).toHaveBeenCalledTimes(1);
  expect(ms).toBe(0);
});

test("what is on its way is waited for, and no longer", async () => {
  const late = check("late", fails("no lease yet"), new Error("HTTP 503"), passes("held"));
  const { results, ms } = await run(late, check("fine", passes("fine")));
  expect(results[0]).toEqual({ name: "late", ok: true, seen: "held" });
  expect(ms).toBe(2_000);
});

test("what stays wrong fails at the bound, with what the last look saw", async () => {
  const wrong = check("wrong", fails("first"), fails("last"));
  const { results, ms } = await run(wrong, check("thrown", new Error("HTTP 500")));
  expect(results).toEqual([
    { name: "wrong", ok: false, seen: "last" },
    { name: "thrown", ok: false, seen: "HTTP 500" },
  ]);
  expect(ms).toBe(30_000);
});

test("what cannot mend itself is not looked at again", async () => {
  const ended = check("ended", fails("ended on Monday", { final: true }), passes("never seen"));
  const { results, ms } = await run(ended);
  expect(results).toEqual([{ name: "ended", ok: false, seen: "ended on Monday", final: true }]);
  expect(ms).toBe(0);
});

test("a look that hangs ends the check ten seconds after the bound", async () => {
  const { results, ms } = await run(check("hung", "hangs"), check("later hung", fails("seen before"), "hangs"));
  expect(results).toEqual([
    { name: "hung", ok: false, seen: "no answer within 40 s" },
    { name: "later hung", ok: false, seen: "seen before" },
  ]);
  expect(ms).toBe(40_000);
});

const GONE = { machine: "controller-1", reason: "Connection refused" };

test.each([true, false])(
  "a machine that comes up late is asked again, and leaves no trace (partly: %s)",
  async (partly) => {
    const booting = check("units", passes("2 of 3", { partly, unreached: [GONE] }), passes("3 of 3"));
    const results = runChecks([booting], context);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(await results).toEqual([
      { name: "SSH reaches every controller", ok: true, seen: "3 of 3" },
      { name: "units", ok: true, seen: "3 of 3" },
    ]);
  },
);

test("a check that left out what another explains passes beside it; alone it fails", async () => {
  const partial = check("partial", passes("2 of 3", { partly: true }));
  const beside = await run(partial, check("why", fails("the third is away")));
  expect(beside.results.map(({ ok }) => ok)).toEqual([true, false]);
  const alone = await run(partial);
  expect(alone.results).toEqual([{ name: "partial", ok: false, seen: "2 of 3", partly: true }]);
});

test("whoever watches is told every second which checks wait and for what", async () => {
  const told: Record<string, string>[] = [];
  const done = runChecks([check("late", fails("no lease yet"), passes("held")), check("hung", "hangs")], context, {
    onWaiting: (waiting) => told.push(Object.fromEntries(waiting)),
  });
  await jest.advanceTimersByTimeAsync(120_000);
  await done;
  expect(told[0]).toEqual({ late: "no lease yet", hung: "no answer yet" });
  expect(told.at(-1)).toEqual({ hung: "no answer yet" });
  const toldWhenDone = told.length;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(told).toHaveLength(toldWhenDone);
});
