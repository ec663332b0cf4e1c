import { join } from "path";
import { projectDirectory } from "../../lib/directories";

/** The Pulumi programs of this checkout, by the name of their project. */
export type Program = "hardway" | "tenant";

const directories: Record<Program, string> = { hardway: "", tenant: "examples/tenant" };

export const programDirectory = (program: Program): string => join(projectDirectory, directories[program]);
