import { drawing, text } from "../lib/svg";
import { names, rows } from "./rows";
import { median, Samples } from "./samples";

/** Bars of the chart, in order. Those that are compared are next to each other. */
const BARS = [
  names.floor,
  names.up(3),
  names.walkthrough,
  names.up(1),
  names.up(5),
  names.makeUp,
  names.again,
  names.preview,
  names.destroy,
  names.makeDown,
];
const COMPARED = new Set<string>([names.floor, names.up(3), names.walkthrough]);

const WIDTH = 800;
const LABEL = 370;
const BAR = 18;
const STEP = 26;
const TOP = 40;
/** Room for the figure after the longest bar. */
const FIGURE = 120;

/** The times as an SVG drawing. Leaves out what was not measured. */
export function chart(samples: Samples, subtitle: string): string {
  const bars = BARS.filter((name) => (samples[name] ?? []).length > 0).map((name) => ({
    name,
    what: rows.find((row) => row.name === name)!.what,
    seconds: median(samples[name]!),
  }));
  const scale = (WIDTH - LABEL - FIGURE) / Math.max(...bars.map(({ seconds }) => seconds));
  const height = TOP + bars.length * STEP + 16;
  return drawing(WIDTH, height, [
    text(16, 24, "start", `Seconds, ${subtitle}`, ' font-weight="bold"'),
    ...bars.flatMap(({ name, what, seconds }, i) => {
      const y = TOP + i * STEP;
      const width = Math.max(1, seconds * scale);
      const colour = COMPARED.has(name) ? "#1a5fb4" : "#8fb3de";
      return [
        text(LABEL - 10, y + 14, "end", what),
        `  <rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${colour}"/>`,
        text(LABEL + width + 6, y + 14, "start", seconds.toFixed(1) + multiple(name, samples)),
      ];
    }),
  ]);
}

/** The factor between a compared time and the floor. */
function multiple(name: string, samples: Samples): string {
  const floor = samples[names.floor] ?? [];
  if (name === names.floor || !COMPARED.has(name) || floor.length === 0) return "";
  return ` (${(median(samples[name]!) / median(floor)).toFixed(1)}× the floor)`;
}
