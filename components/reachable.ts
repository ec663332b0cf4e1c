import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { connect } from "net";
import { setTimeout as wait } from "timers/promises";

const SSH_PORT = 22;
/** A machine that was just made publishes its host key when sshd starts, so it answers at once. One that restarts may need a minute. */
const WARN_AFTER_MS = 15_000;
const ATTEMPT_MS = 3_000;
const PAUSE_MS = 1_000;

/** A machine in Compute Engine. */
export interface Place {
  name: string;
  zone: string;
  project: string;
}

/**
 * Resolves when a machine accepts connections for SSH, so that an update says soon which machine it cannot reach and why. Without it, the
 * update would be silent until a step has tried for minutes. Throws a RunError when the machine is stopped or gone. When it runs and does
 * not answer, warns and resolves: the step tries further, if there is one to run.
 */
export async function reachable(host: string, place: Place, parent: pulumi.Resource, port = SSH_PORT): Promise<void> {
  const deadline = Date.now() + WARN_AFTER_MS;
  for (;;) {
    const problem = await tryConnect(host, port);
    if (problem === undefined) return;
    await expectRunning(place, parent);
    if (Date.now() > deadline) {
      await pulumi.log.warn(
        `${place.name} runs, but does not answer on port ${port} of ${host} (${problem}). Its steps go on trying for some minutes. ` +
          "Is your address in administratorCidrs? Does the machine still start, or hang? Its serial console tells: " +
          `gcloud compute instances get-serial-port-output ${place.name} --zone ${place.zone}`,
        parent,
      );
      return;
    }
    await wait(PAUSE_MS);
  }
}

/** Throws a RunError unless the machine runs, or is about to. */
export async function expectRunning({ name, zone, project }: Place, parent?: pulumi.Resource): Promise<void> {
  const status = await statusOf({ name, zone, project }, parent);
  if (status === undefined) {
    throw new pulumi.RunError(`${name} in ${zone} is gone. Run pulumi up --refresh (or make up), which makes it again`);
  }
  if (["STOPPING", "TERMINATED", "SUSPENDING", "SUSPENDED"].includes(status)) {
    throw new pulumi.RunError(
      `${name} in ${zone} does not run: its status is ${status}. Run pulumi up --refresh (or make up), which starts it`,
    );
  }
}

/** The status of an instance; undefined when it does not exist. "unknown" when the API does not tell. */
export async function statusOf(
  place: Omit<Place, "project"> & Partial<Place>,
  parent?: pulumi.Resource,
): Promise<string | undefined> {
  try {
    return (await gcp.compute.getInstance(place, parent && { parent })).currentStatus;
  } catch (error) {
    return /not found|404/i.test((error as Error).message) ? undefined : "unknown";
  }
}

/** Connects once. Returns what went wrong, or undefined. */
function tryConnect(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ATTEMPT_MS });
    const end = (problem?: string) => {
      socket.destroy();
      resolve(problem);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end(`no answer within ${ATTEMPT_MS / 1000} s`));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
