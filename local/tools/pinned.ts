import * as fs from "node:fs";
import * as path from "node:path";

/** Root of the checkout. */
export const CHECKOUT = path.resolve(__dirname, "../..");

/** Directory of the toolchain's sources. */
export const TOOLS = __dirname;

/**
 * The version of `@pulumi/NAME` that the program asks for: the plugin must be of the very same one. Throws unless
 * package.json names exactly one version.
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
