import Table, { HorizontalAlignment } from "cli-table3";
import { failoverRows, ratios, rows } from "./rows";
import { median, p99, Samples, spread } from "./samples";

const number = (figure: number, unit: "s" | "MiB") => figure.toFixed(unit === "s" ? 1 : 0);

/** The lines of the table: text, median, spread, aim. Leaves out what was not measured. */
export function lines(samples: Samples): string[][] {
  const measured = rows.flatMap(({ name, what, unit }) => {
    const figures = samples[name] ?? [];
    if (figures.length === 0) return [];
    const [least, most] = spread(figures).map((figure) => number(figure, unit));
    return [[what, `${number(median(figures), unit)} ${unit}`, figures.length > 1 ? `${least}–${most}` : "", ""]];
  });
  const compared = ratios.flatMap(({ what, over, under, aim }) => {
    const [above, below] = [samples[over] ?? [], samples[under] ?? []];
    if (above.length === 0 || below.length === 0) return [];
    return [[what, (median(above) / median(below)).toFixed(2), "", `at most ${aim}`]];
  });
  return [...measured, ...compared];
}

/** The lines of the table of failovers: text, median, 99th percentile, the mechanism's share, aim. */
export function failoverLines(samples: Samples): string[][] {
  return failoverRows.flatMap(({ name, what, mechanism, aim }) => {
    const figures = samples[name] ?? [];
    if (figures.length === 0) return [];
    const [least, most] = mechanism.map((seconds) => number(seconds, "s"));
    const [middle, worst] = [median(figures), p99(figures)].map((seconds) => `${number(seconds, "s")} s`);
    return [[what, middle!, worst!, `${least}–${most} s`, `at most ${aim} s`]];
  });
}

/** The tables for a terminal. Leaves out a table without lines. */
export function render(samples: Samples): string {
  const times = lines(samples);
  const failovers = failoverLines(samples);
  return [
    ...(times.length > 0 ? [tableOf(["", "median", "spread", "aim"], times)] : []),
    ...(failovers.length > 0
      ? [tableOf(["longest gap after a machine died", "median", "p99", "mechanism", "aim of p99"], failovers)]
      : []),
  ].join("\n");
}

function tableOf(head: string[], content: string[][]): string {
  const table = new Table({
    head,
    colAligns: ["left", ...head.slice(2).map((): HorizontalAlignment => "right"), "left"],
    style: { head: [], border: [], compact: true },
  });
  table.push(...content);
  return table.toString();
}
