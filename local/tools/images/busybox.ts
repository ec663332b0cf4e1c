import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";

const PACKAGE = "busybox-static";

/**
 * Puts `/bin/busybox` of Debian's or Ubuntu's package into the file system `root`, with a link for each of its commands. The
 * package comes from where this host's apt is configured to look; it is not installed. Rejects with what apt says.
 */
export async function addBusybox(root: string, scratch: string, signal: AbortSignal): Promise<void> {
  const options = { cwd: scratch, signal, env: { ...process.env, LC_ALL: "C.UTF-8" } };
  const run = (program: string, ...args: string[]) => promisify(execFile)(program, args, options);
  // apt's own user cannot write to the scratch directory.
  await run("apt-get", "--quiet", "--option", "APT::Sandbox::User=root", "download", PACKAGE).catch((error: Error) => {
    throw new Error(`${error.message}\nThe package ${PACKAGE} is needed; apt-get update may help`, { cause: error });
  });
  const file = fs.readdirSync(scratch).find((name) => name.startsWith(`${PACKAGE}_`) && name.endsWith(".deb"));
  if (!file) throw new Error(`apt-get downloaded no file of ${PACKAGE}`);
  await run("dpkg-deb", "--extract", file, "package");

  const bin = path.join(root, "bin");
  const busybox = path.join(bin, "busybox");
  fs.mkdirSync(bin, { recursive: true });
  // Where /bin is a link to /usr/bin, the package has its file there.
  const source = ["bin", "usr/bin"].map((directory) => path.join(scratch, "package", directory, "busybox"));
  fs.copyFileSync(source.find((one) => fs.existsSync(one)) ?? source[0]!, busybox);
  fs.chmodSync(busybox, 0o755);
  const { stdout } = await run(busybox, "--list");
  const commands = stdout.split("\n").filter((name) => name && name !== "busybox");
  for (const name of commands) fs.symlinkSync("busybox", path.join(bin, name));
}
