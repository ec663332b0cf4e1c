/** What happens to machines without a request: they stop by themselves, or no daemon was running. */
import { Fabric } from "../fabric/contract";
import { Instance, InstanceStatus, Path } from "../state/model";
import { Store } from "../state/store";
import { parsePath } from "../state/path";
import { machineIdOf } from "../state/queries";
import { LIFECYCLE } from "./executor";
import { Operations } from "./operations";
import { timestamp } from "../state/ids";
import { Reconciler } from "./reconciler";
import { setStatus } from "./status";

export interface Parts {
  store: Store;
  fabric: Fabric;
  operations: Operations;
  reconciler: Reconciler;
}

/** A machine was powered off from inside, or killed. Its instance becomes TERMINATED, as on Google Cloud. */
export async function onMachineExit(
  { store, fabric, operations, reconciler }: Parts,
  machineId: number,
): Promise<void> {
  const found = Object.entries(store.state.instances).find(
    ([, instance]) => machineIdOf(store.state, instance) === machineId,
  );
  if (!found || operations.busy(found[0], LIFECYCLE)) return;
  if ((await fabric.running()).has(machineId)) return;
  await markTerminated(store, operations, found[0]);
  reconciler.inBackground();
}

async function markTerminated(store: Store, operations: Operations, path: Path): Promise<void> {
  await store.record((draft) => {
    const instance = draft.instances[path];
    if (instance?.status !== "RUNNING" || operations.busy(path, LIFECYCLE)) return;
    setStatus(draft, path, "TERMINATED");
    const operation = operations.begin(draft, intent(path, instance, "compute.instances.guestTerminate"));
    Object.assign(draft.operations[operation]!, { status: "DONE", progress: 100, endTime: timestamp() });
  });
}

function intent(path: Path, instance: Instance, type: string) {
  return { place: parsePath(path)!, type, target: path, targetId: instance.id };
}

/**
 * Takes over from an earlier daemon. Machines that run stay as they are, and unfinished operations go on. An instance that
 * should run but does not, because the host was restarted, is booted; without `automaticRestart` it becomes TERMINATED.
 */
export async function adopt(parts: Parts): Promise<void> {
  const { store, fabric, operations, reconciler } = parts;
  const running = await fabric.running();
  await reconciler.converge();
  for (const [path, instance] of Object.entries(store.state.instances)) {
    if (operations.busy(path, LIFECYCLE)) continue;
    const runs = running.has(machineIdOf(store.state, instance));
    const become = (status: InstanceStatus) => store.record((draft) => setStatus(draft, path, status));
    if (instance.status === "RUNNING" && !runs) await restart(parts, path, instance);
    if (instance.status === "TERMINATED" && runs) await become("RUNNING");
    if (isTransitional(instance.status)) await become(runs ? "RUNNING" : "TERMINATED");
  }
  operations.resume();
  await eraseStrays(parts, running);
}

function isTransitional(status: InstanceStatus): boolean {
  return status !== "RUNNING" && status !== "TERMINATED";
}

/** Records an operation that restarts the instance. It is carried out with the other unfinished operations. */
async function restart({ store, operations }: Parts, path: Path, instance: Instance): Promise<void> {
  if (instance.scheduling.automaticRestart === false) return markTerminated(store, operations, path);
  await store.record((draft) => operations.begin(draft, intent(path, instance, "compute.instances.automaticRestart")));
}

/** Erases machines that run without a disk in the state: an insert made them and did not reach the state file. */
async function eraseStrays({ store, fabric }: Parts, running: Set<number>): Promise<void> {
  const ours = new Set(Object.values(store.state.disks).map((disk) => disk.machineId));
  await Promise.all([...running].filter((id) => !ours.has(id)).map((id) => fabric.erase(id)));
}
