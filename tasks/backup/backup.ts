import { createHash } from "crypto";
import { existsSync, linkSync, mkdirSync, rmSync } from "fs";
import { open } from "fs/promises";
import { join } from "path";
import { Ssh } from "../../lib/ssh";
import { backupUnits, directories } from "../../node/layout";
import { ControllerOutput } from "../../outputs";
import { asRoot } from "../../verify/ask";
import { TaskError } from "../error";
import { readOutputs, Stack } from "../stack";
import { Description } from "./file";
import { leading, members } from "./leader";
import { figures, seconds } from "./words";

/** last-good.json of a machine: the description of its last backup, and the file. */
interface Good extends Description {
  file: string;
  sha256: string;
  size: number;
}

/** The backup of an 8 GiB database takes minutes at the lowest priority. */
const BACKUP_MS = 60 * 60_000;

/** Takes a backup on the leader's machine, and copies it into the directory `to`. Resolves with the exit code. */
export async function backup(stack: Stack, to: string): Promise<number> {
  if (to === "") throw new TaskError("TO must be a directory for the backup, for example: make backup TO=backups");
  const started = Date.now();
  const outputs = await readOutputs(stack);
  const ssh = new Ssh(outputs.ssh);
  try {
    const seat = leading(await members(ssh, outputs));
    if (seat === undefined)
      throw new TaskError(
        `no member of etcd answers; run: make verify STACK=${stack.name}. The machines keep older backups`,
      );
    const { controller } = seat;
    const good = await take(ssh, controller);
    mkdirSync(to, { recursive: true, mode: 0o700 });
    const path = join(to, good.file);
    await fetchFile(ssh, controller, good, path);
    console.log(
      `${path}: ${figures(good)}, ${mebibytes(good.size)} MiB, from ${controller.name}, in ${seconds(Date.now() - started)} s`,
    );
    return 0;
  } finally {
    await ssh.close();
  }
}

const mebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(1);

async function take(ssh: Ssh, controller: ControllerOutput): Promise<Good> {
  const { now, due } = backupUnits;
  const script = [
    // An earlier failure of the timer's run does not matter any more.
    `systemctl start ${now} && { systemctl reset-failed ${due} 2>/dev/null; exec cat ${directories.etcdBackups}/last-good.json; }`,
    `journalctl --quiet --no-pager --output cat --unit ${now} --lines 20 | grep hardway: | tail -n 1 >&2; exit 1`,
  ].join("; ");
  const { code, stdout, stderr } = await ssh.run(controller, asRoot(script), BACKUP_MS);
  if (code !== 0)
    throw new TaskError(
      `${controller.name}: ${stderr
        .trim()
        .split("\n")
        .at(-1)
        ?.replace(/^hardway: /, "")}`,
    );
  return JSON.parse(stdout) as Good;
}

/** Copies a backup to `path`, where it appears only when it is whole. Replaces nothing. */
async function fetchFile(ssh: Ssh, controller: ControllerOutput, good: Good, path: string): Promise<void> {
  if (existsSync(path)) throw new TaskError(`${path} is already there; nothing was replaced`);
  const partial = `${path}.partial-${process.pid}`;
  const remove = () => rmSync(partial, { force: true });
  const interrupted = () => {
    remove();
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  process.once("SIGTERM", interrupted);
  try {
    const hash = createHash("sha256");
    const file = await open(partial, "wx", 0o600);
    const { code, stderr } = await ssh
      .pipe(controller, asRoot(`exec cat ${directories.etcdBackups}/${good.file}`), {
        output: async (pieces) => {
          for await (const piece of pieces) {
            hash.update(piece);
            await file.write(piece);
          }
          await file.sync();
        },
      })
      .finally(() => file.close());
    if (code !== 0) throw new TaskError(`${controller.name}: the backup cannot be copied: ${stderr.trim()}`);
    if (hash.digest("hex") !== good.sha256)
      throw new TaskError(`the copy of ${good.file} is damaged: its SHA-256 is not ${good.sha256}; run this again`);
    // Unlike a rename, a link never replaces a file.
    linkSync(partial, path);
  } finally {
    remove();
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
  }
}
