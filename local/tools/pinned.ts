import * as fs from "node:fs";
import * as path from "node:path";

/** Root directory of the checkout. */
export const CHECKOUT = path.resolve(__dirname, "../..");

/** Directory with the sources of the toolchain: this one. */
export const TOOLS = __dirname;

/**
 * The version of `@pulumi/NAME` in package.json. The plugin must have the same version. Throws unless package.json names
 * one exact version.
 */
export function pluginVersion(name: string, packageJson: string = path.join(CHECKOUT, "package.json")): string {
  const manifest = JSON.parse(fs.readFileSync(packageJson, "utf8")) as { dependencies?: Record<string, string> };
  const version = manifest.dependencies?.[`@pulumi/${name}`];
  if (version && /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) return version;
  throw new Error(
    `${packageJson}: dependencies["@pulumi/${name}"] is ${JSON.stringify(version)}; ` +
      `it must be one exact version such as "1.2.3", because the ${name} plugin is built as that version`,
  );
}
