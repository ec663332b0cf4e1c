import * as fc from "fast-check";
import { parse } from "yaml";
import { chart } from "../../bench/chart";
import { withTable } from "../../bench/draw";
import { parseOptions, PARTS } from "../../bench/options";
import { failoverRows, names, ratios, rows } from "../../bench/rows";
import { add, median, p99, Samples, spread } from "../../bench/samples";
import { withChanges } from "../../tasks/stack";
import { failoverLines, lines, render } from "../../bench/table";

const everything: Samples = Object.fromEntries(rows.map(({ name }, i) => [name, [i + 1]]));

describe("samples", () => {
  test.each([
    [[7], 7],
    [[3, 1, 2], 2],
    [[10, 9, 1, 2], 5.5],
  ])("median of %j is %d", (figures, expected) => expect(median(figures)).toBe(expected));

  test.each([median, p99])("no figures have neither a median nor a 99th percentile", (of) =>
    expect(() => of([])).toThrow("there must be at least one figure"),
  );

  test.each([
    [1, 1],
    [20, 20],
    [100, 99],
    [200, 198],
  ])("the 99th percentile of the numbers to %d is %d, in any order", (most, expected) =>
    expect(p99(Array.from({ length: most }, (_, i) => most - i))).toBe(expected),
  );

  test("at most half of the figures are below the median, and at most half above, in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 }), (figures) => {
        const middle = median(figures);
        const half = figures.length / 2;
        expect(figures.filter((x) => x < middle).length).toBeLessThanOrEqual(half);
        expect(figures.filter((x) => x > middle).length).toBeLessThanOrEqual(half);
        const [least, most] = spread(figures);
        expect(figures.every((x) => least <= x && x <= most)).toBe(true);
      }),
    );
  });
});

describe("table", () => {
  test("has a line for each figure and ratio", () => {
    expect(lines(everything)).toHaveLength(rows.length + ratios.length);
    expect(lines({})).toEqual([]);
  });

  test("has medians with their unit, the spread of several runs, and ratios of medians", () => {
    const samples: Samples = {};
    for (const seconds of [10, 11, 15]) add(samples, names.floor, seconds);
    for (const seconds of [20, 22, 40]) add(samples, names.up(3), seconds);
    add(samples, names.memory(3), 1234.4);
    expect(lines(samples)).toEqual([
      [expect.stringMatching(/^floor/), "11.0 s", "10.0–15.0", ""],
      ["pulumi up, 3 controllers", "22.0 s", "20.0–40.0", ""],
      ["memory, 3 controllers", "1234 MiB", "", ""],
      ["pulumi up / floor", "2.00", "", "at most 2.5"],
    ]);
    expect(render(samples)).toContain("22.0 s");
  });

  test("of failovers has medians, 99th percentiles, what health check and election take, and the aim", () => {
    const samples: Samples = {};
    for (const seconds of [1, 2, 8.04]) add(samples, names.gap("reads", "door"), seconds);
    for (const seconds of [1.5, 2.5]) add(samples, names.gap("writes", "direct"), seconds);
    expect(failoverLines(samples)).toEqual([
      ["reads, through the front door", "2.0 s", "8.0 s", "3.0–4.0 s", "at most 9 s"],
      ["writes, knowing all controllers", "2.0 s", "2.5 s", "1.0–2.0 s", "at most 3 s"],
    ]);
    expect(render(samples)).toMatch(/longest gap .*p99/);
    expect(render(samples)).not.toContain("spread");
    expect(render(everything)).not.toContain("p99");
  });

  test("every ratio compares figures that are measured", () => {
    const measured = rows.map(({ name }) => name);
    for (const { over, under } of ratios) expect(measured).toEqual(expect.arrayContaining([over, under]));
  });
});

describe("options", () => {
  const usual = { parts: PARTS.filter((part) => part !== "failover"), runs: 1, kills: 20 };
  test("default to every part but failover, measured once, and 20 kills", () =>
    expect(parseOptions({})).toEqual(usual));

  test("empty variables, which make passes, count as unset", () =>
    expect(parseOptions({ ONLY: "", RUNS: "" })).toEqual(usual));

  test("parts are measured in a fixed order", () =>
    expect(parseOptions({ ONLY: "up, failover, floor", RUNS: "3" })).toEqual({
      parts: ["floor", "up", "failover"],
      runs: 3,
      kills: 3,
    }));

  test.each([
    [{ ONLY: "floor,flour" }, 'ONLY must be some of floor,walkthrough,up,sizes,make,failover; got "floor,flour"'],
    [{ RUNS: "0" }, 'RUNS must be a whole number from 1 to 100; got "0"'],
    [{ RUNS: "101" }, 'got "101"'],
    [{ RUNS: "2.5" }, 'got "2.5"'],
    [{ RUNS: "three" }, 'got "three"'],
  ])("%j is refused", (env, message) => expect(() => parseOptions(env)).toThrow(message));
});

test("a stack with other settings keeps the rest of the settings file", () => {
  const local = "config:\n  gcp:region: us-central1\n  hardway:controllers: 3\n";
  expect(parse(withChanges(local, { "hardway:controllers": 5 }))).toEqual({
    config: { "gcp:region": "us-central1", "hardway:controllers": 5 },
  });
});

describe("chart and page", () => {
  test("bars are as long as their figures, and markup in a label is escaped", () => {
    const svg = chart({ [names.floor]: [10], [names.walkthrough]: [40] }, "a < b");
    const widths = [...svg.matchAll(/<rect x[^>]*width="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(widths).toHaveLength(2);
    expect(widths[1]! / widths[0]!).toBeCloseTo(4, 1);
    expect(svg).toContain("40.0 (4.0× the floor)");
    expect(svg).toContain("a &#60; b");
  });

  test.each([
    ["times", everything, "one run"],
    ["failover", Object.fromEntries(failoverRows.map(({ name }) => [name, [1, 2]])), "2 machines killed"],
  ] as const)("the page's table of %s is replaced, and the rest of the page stays", (table, samples, conditions) => {
    const results = { date: "2026-01-02", cores: 2, samples };
    const once = withTable(`before\n<!-- ${table} -->\nold\n<!-- /${table} -->\nafter\n`, table, results);
    expect(once.startsWith(`before\n<!-- ${table} -->\n\`\`\`\n2026-01-02, 2 cores, ${conditions}\n`)).toBe(true);
    expect(once.endsWith(`\`\`\`\n<!-- /${table} -->\nafter\n`)).toBe(true);
    expect(once).not.toContain("old");
    expect(withTable(once, table, results)).toBe(once);
    expect(() => withTable("no place", table, results)).toThrow(`the page must have <!-- ${table} -->`);
  });
});
