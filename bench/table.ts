import Table from "cli-table3";
import { ratios, rows } from "./rows";
import { median, Samples, spread } from "./samples";

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

/** The table for a terminal. */
export function render(samples: Samples): string {
  const table = new Table({
    head: ["", "median", "spread", "aim"],
    colAligns: ["left", "right", "right", "left"],
    style: { head: [], border: [], compact: true },
  });
  table.push(...lines(samples));
  return table.toString();
}
