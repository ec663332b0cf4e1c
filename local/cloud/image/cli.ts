/** `npx tsx local/cloud/image/cli.ts ensure` installs this host's packages and builds the machine image, if they are missing. */

import { imageDir } from "../paths";
import { ensureImage } from "./build";
import { ensureHostPackages } from "./packages";

async function main(): Promise<void> {
  const [command, ...rest] = process.argv.slice(2);
  if (command !== "ensure" || rest.length > 0) throw new Error("Usage: cli.ts ensure");
  const log = (line: string) => console.log(line);
  await ensureHostPackages(log);
  console.log(await ensureImage(imageDir(), log));
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
