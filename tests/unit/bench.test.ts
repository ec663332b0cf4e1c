import * as fc from "fast-check";
import { parse } from "yaml";
import { chart } from "../../bench/chart";
import { withTable } from "../../bench/draw";
import { parseOptions, PARTS } from "../../bench/options";
import { names, ratios, rows } from "../../bench/rows";
import { add, median, Samples, spread } from "../../bench/samples";
import { withChanges } from "../../tasks/stack";
import { lines, render } from "../../bench/table";

const everything: Samples = Object.fromEntries(rows.map(({ name }, i) => [name, [i + 1]]));

describe("samples", () => {
  test.each([
    [[7], 7],
    [[3, 1, 2], 2],
    [[10, 9, 1, 2], 5.5],
  ])("median of %j is %d", (figures, expected) => expect(median(figures)).toBe(expected));

  test("no figures have no median", () => expect(() => median([])).toThrow("there must be at least one figure"));

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

  test("every ratio compares figures that are measured", () => {
    const measured = rows.map(({ name }) => name);
    for (const { over, under } of ratios) expect(measured).toEqual(expect.arrayContaining([over, under]));
  });
});

describe("options", () => {
  test("default to every part, measured once", () => expect(parseOptions({})).toEqual({ parts: [...PARTS], runs: 1 }));

  test("empty variables, which make passes, count as unset", () =>
    expect(parseOptions({ ONLY: "", RUNS: "" })).toEqual({ parts: [...PARTS], runs: 1 }));

  test("parts are measured in a fixed order", () =>
    expect(parseOptions({ ONLY: "up, floor", RUNS: "3" })).toEqual({ parts: ["floor", "up"], runs: 3 }));

  test.each([
    [{ ONLY: "floor,flour" }, 'ONLY must be some of floor,walkthrough,up,sizes,make; got "floor,flour"'],
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

  test("the page's table is replaced, and the rest of the page stays", () => {
    const results = { date: "2026-01-02", cores: 2, samples: everything };
    const once = withTable("before\n<!-- table -->\nold\n<!-- /table -->\nafter\n", results);
    expect(once).toMatch(/^before\n<!-- table -->\n```\n2026-01-02, 2 cores, one run\n/);
    expect(once).toMatch(/```\n<!-- \/table -->\nafter\n$/);
    expect(once).not.toContain("old");
    expect(withTable(once, results)).toBe(once);
    expect(() => withTable("no place", results)).toThrow("the page must have <!-- table -->");
  });
});
