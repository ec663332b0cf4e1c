import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pluginVersion, toolEnv } from "../../local";
import { Schema } from "./schema";

/** The schema that the built plugin for `@pulumi/NAME` reports. */
export async function pluginSchema(name: string): Promise<Schema> {
  const plugin = `${name}@${pluginVersion(name)}`;
  const env = { ...process.env, ...toolEnv() };
  const { stdout } = await promisify(execFile)("pulumi", ["package", "get-schema", plugin], {
    env,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout) as Schema;
}
