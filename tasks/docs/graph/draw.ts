import * as dagre from "@dagrejs/dagre";
import { drawing, text } from "../../../lib/svg";
import { Graph, Group } from "./groups";

const LINE = 18;
const TITLE = 26;
const MARGIN = 16;
const FOOT = 34;

/** The colour of each provider's resources. */
const COLOURS: Record<string, string> = {
  gcp: "#1a5fb4",
  tls: "#26734d",
  command: "#b25000",
  kubernetes: "#813d9c",
};
const colour = (type: string) => {
  const found = COLOURS[type.split(".")[0]!];
  if (found === undefined) throw new Error(`tasks/docs/graph/draw.ts has no colour for ${type}`);
  return found;
};

/** The component's class. Adds its name where that is different. */
function title({ name, component = "", replicas }: Group): string {
  if (replicas > 1) return `${component} × ${replicas}`;
  const same = name.replace(/-/g, "") === component.toLowerCase();
  return same ? component : `${component} ${name}`.trim();
}
const lines = ({ holds }: Group) => holds.map(({ type, count }) => `${count > 1 ? `${count} × ` : ""}${type}`);

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The graph as SVG. What is created first is on the left. */
export function draw({ groups, edges }: Graph): string {
  const layout = new dagre.graphlib.Graph<dagre.GraphLabel, Box, object>();
  layout.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 44, marginx: MARGIN, marginy: MARGIN });
  for (const each of groups) {
    const longest = Math.max(title(each).length * 1.12, ...lines(each).map((line) => line.length));
    const size = { width: Math.ceil(longest * 6.8 + 24), height: TITLE + each.holds.length * LINE + 8 };
    layout.setNode(each.name, { x: 0, y: 0, ...size });
  }
  for (const [from, to] of edges) layout.setEdge(from, to, {});
  dagre.layout(layout);

  const { width = 0, height = 0 } = layout.graph();
  return drawing(Math.ceil(width), Math.ceil(height) + FOOT, [
    '  <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">' +
      '<path d="M0 0 8 4 0 8z" fill="#6e7781"/></marker></defs>',
    ...edges.map(([from, to]) => arrow(layout.node(from), layout.node(to))),
    ...groups.flatMap((each) => box(each, layout.node(each.name))),
    ...legend(Math.ceil(height) + FOOT - 14),
  ]);
}

/** An arrow from the right side of one box to the left side of the other. */
function arrow(from: Box, to: Box): string {
  const start = from.x + from.width / 2;
  const end = to.x - to.width / 2;
  const bend = Math.max(24, (end - start) / 2);
  const at = (x: number, y: number) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const curve = `C${at(start + bend, from.y)} ${at(end - bend, to.y)} ${at(end, to.y)}`;
  return `  <path d="M${at(start, from.y)} ${curve}" fill="none" stroke="#6e7781" stroke-width="1.2" marker-end="url(#tip)"/>`;
}

function box(each: Group, { x, y, width, height }: Box): string[] {
  const [left, top] = [x - width / 2, y - height / 2];
  const rect = (shift: number, colours: string) =>
    `  <rect x="${(left + shift).toFixed(1)}" y="${(top + shift).toFixed(1)}" width="${width}" height="${height}" rx="5" ${colours}/>`;
  return [
    ...(each.replicas > 1 ? [rect(5, 'fill="#ffffff" stroke="#8c959f"')] : []),
    rect(0, 'fill="#f6f8fa" stroke="#8c959f"'),
    text(left + 12, Math.round(top + 19), "start", title(each), ' font-weight="bold"'),
    ...each.holds.map(({ type }, i) =>
      text(left + 12, Math.round(top + TITLE + (i + 0.75) * LINE), "start", lines(each)[i]!, ` fill="${colour(type)}"`),
    ),
  ];
}

/** The names of the providers in their colours, and what the arrows mean. */
function legend(y: number): string[] {
  const names = Object.entries(COLOURS).map(([name, fill]) => `<tspan fill="${fill}">${name}</tspan>`);
  return [
    `  <text x="${MARGIN}" y="${y}" font-weight="bold">${names.join("   ")}</text>`,
    text(
      MARGIN + 240,
      y,
      "start",
      "Arrows lead from what is created first to what uses it. Stacked boxes: one for each controller, all with these resources.",
    ),
  ];
}
