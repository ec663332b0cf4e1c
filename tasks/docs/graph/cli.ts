import { writeFileSync } from "fs";
import { join } from "path";
import { projectDirectory } from "../../../lib/directories";
import { draw } from "./draw";
import { group } from "./groups";
import { record } from "./record";

/** Draws docs/graph.svg: `make graph`. With the argument `-`, writes the drawing to standard output. */
void record().then((resources) => {
  const svg = draw(group(resources));
  if (process.argv[2] === "-") process.stdout.write(svg);
  else writeFileSync(join(projectDirectory, "docs", "graph.svg"), svg);
});
