import { Ssh } from "../../lib/ssh";
import { StackOutputs } from "../../outputs";
import { asRoot } from "../../verify/ask";
import { etcdctl } from "../../verify/checks/etcdMember";
import { agreed, consent } from "../consent";
import { TaskError } from "../error";
import { readOutputs, Stack } from "../stack";
import { verify } from "../verify";
import { Controllers } from "./controllers";
import { BackupFile } from "./file";
import { leading, members } from "./leader";
import { figures, seconds } from "./words";

/**
 * Replaces what etcd has on all controllers with a backup. Everything that can fail without touching the cluster comes before the
 * question, and the new data is made beside the old before etcd stops. Resolves with the exit code of the checks at the end.
 */
export async function restore(stack: Stack, from: string): Promise<number> {
  if (from === "") throw new TaskError("FROM must be a backup, for example: make restore FROM=backups/FILE.etcd.tar");
  consent();
  const outputs = await readOutputs(stack);
  const file = await BackupFile.open(from);
  const ssh = new Ssh(outputs.ssh);
  const controllers = new Controllers(ssh, outputs);
  try {
    await file.check(outputs.backupKey);
    if (!(await prepare(stack, controllers, file, await present(ssh, outputs), outputs.backupKey))) return 1;
    await replace(stack, controllers);
  } finally {
    await Promise.all([file.close(), ssh.close()]);
  }
  return verify(stack);
}

/** What the stack has now, in words. */
async function present(ssh: Ssh, outputs: StackOutputs): Promise<string> {
  const seat = leading(await members(ssh, outputs));
  if (seat === undefined) return "etcd does not answer, so what it has now is unknown";
  const counted = await ssh.run(seat.controller, asRoot(etcdctl('get "" --prefix --keys-only --limit=1')));
  const [, keys = "an unknown number of"] = /"count":"?(\d+)/.exec(counted.stdout) ?? [];
  return `etcd is at revision ${seat.member.revision}, ${keys} keys`;
}

/** Brings the snapshot to the machines, asks, and makes the new data. Resolves with false when the answer is no. */
async function prepare(
  stack: Stack,
  controllers: Controllers,
  file: BackupFile,
  now: string,
  key: string,
): Promise<boolean> {
  const started = Date.now();
  const { cluster, revision, hash } = file.description;
  const abort = controllers.abortWhenInterrupted();
  try {
    await controllers.upload(() => file.snapshot(key));
    const seen = await controllers.status();
    if (seen.revision !== revision || seen.hash !== hash)
      throw new Error(
        `FROM=${file.path}: its description says revision ${revision}, but it has revision ${seen.revision}`,
      );
    console.log(`${file.path}: a backup of ${cluster}: ${figures(file.description)}`);
    console.log(
      `Stack ${stack.name}: ${now}. All of it will be replaced, and the API is away for about half a minute.`,
    );
    if (!(await agreed(`Replace what stack ${stack.name} has with the backup?`))) {
      await controllers.abort();
      console.log("Nothing was changed.");
      return false;
    }
    await controllers.each("prepare");
    console.log(
      `The new data is ready on ${controllers.count} of ${controllers.count} controllers, after ${seconds(Date.now() - started)} s.`,
    );
    return true;
  } catch (error) {
    await controllers.abort();
    throw new TaskError(`${(error as Error).message.replace(/; nothing was changed$/, "")}; nothing was changed`, {
      cause: error,
    });
  } finally {
    abort();
  }
}

/** From here on, an interruption leaves the control plane stopped, and the same command again goes on. */
async function replace(stack: Stack, controllers: Controllers): Promise<void> {
  const started = Date.now();
  const again = () => {
    console.error(`\nThe restore stopped half way. Run the same command again: it starts over. The old data is kept.`);
    process.exit(130);
  };
  process.once("SIGINT", again);
  try {
    await controllers.each("stop");
    await swap(controllers);
    console.log(`Stopped, data replaced, after ${seconds(Date.now() - started)} s.`);
    await controllers.each("start_etcd");
    console.log(`etcd is healthy, after ${seconds(Date.now() - started)} s.`);
    await controllers.each("start_rest");
    await controllers.each("finish");
    console.log(
      `The API serves again, after ${seconds(Date.now() - started)} s. The old data is in ${controllers.aside} on each controller.`,
    );
  } catch (error) {
    throw new TaskError(
      `${(error as Error).message}; the restore is not complete. Run the same command again, or look: make verify STACK=${stack.name}`,
      { cause: error },
    );
  } finally {
    process.off("SIGINT", again);
  }
}

/** Puts the old data back everywhere when one machine cannot take the new. etcd runs nowhere yet. */
async function swap(controllers: Controllers): Promise<void> {
  try {
    await controllers.each("swap");
  } catch (error) {
    await controllers.each("unswap");
    await controllers.each("start_etcd");
    await controllers.each("start_rest");
    await controllers.abort();
    throw new Error(`${(error as Error).message}; every controller has its old data again, and serves`, {
      cause: error,
    });
  }
}
