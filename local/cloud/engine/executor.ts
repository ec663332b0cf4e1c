/** Carries out operations. Some start or stop a machine; all others only make the fabric converge. */
import { OperationFailure } from "../state/failure";
import { parsePath } from "../state/path";
import { Fabric } from "../fabric/contract";
import { Instance, InstanceStatus, Operation, Path } from "../state/model";
import { Store } from "../state/store";
import { machine } from "./desired";
import { machineIdOf } from "../state/queries";
import { Execute } from "./operations";
import { Reconciler } from "./reconciler";
import { setStatus } from "./status";

export interface Machinery {
  store: Store;
  fabric: Fabric;
  reconciler: Reconciler;
}

/** Operations that start or stop a machine. While one runs, the machine's exit is expected. */
export const LIFECYCLE = ["insert", "start", "stop", "reset", "delete", "compute.instances.automaticRestart"];

export function executor(machinery: Machinery): Execute {
  const turns = new Map<Path, Promise<unknown>>();

  /** Carries out operations on one instance one after another. */
  function inTurn(target: Path, work: () => Promise<void>): Promise<void> {
    const turn = (turns.get(target) ?? Promise.resolve()).catch(() => undefined).then(work);
    turns.set(target, turn);
    const done = () => {
      if (turns.get(target) === turn) turns.delete(target);
    };
    turn.then(done, done);
    return turn;
  }

  return (operation, resumed) =>
    parsePath(operation.target)?.collection === "instances"
      ? inTurn(operation.target, () => instanceWork(machinery, operation, resumed))
      : machinery.reconciler.converge();
}

async function instanceWork(machinery: Machinery, operation: Operation, resumed: boolean): Promise<void> {
  const path = operation.target;
  switch (operation.operationType) {
    case "insert":
      return insert(machinery, path, resumed);
    case "start":
    case "compute.instances.automaticRestart":
      return start(machinery, path, resumed);
    case "stop":
      return stop(machinery, path);
    case "reset":
      return reset(machinery, path);
    case "delete":
      return remove(machinery, path);
    default:
      return machinery.reconciler.converge();
  }
}

function find(store: Store, path: Path): Instance {
  const instance = store.state.instances[path];
  if (!instance) throw new OperationFailure("RESOURCE_NOT_FOUND", `The resource '${path}' was not found`, 404);
  return instance;
}

async function become(store: Store, path: Path, status: InstanceStatus): Promise<void> {
  await store.record((draft) => setStatus(draft, path, status));
}

async function boot({ store, fabric, reconciler }: Machinery, path: Path, resumed: boolean): Promise<void> {
  await reconciler.converge();
  await become(store, path, "STAGING");
  const wanted = machine(store.state, find(store, path));
  const already = resumed && (await fabric.running()).has(wanted.id);
  if (!already) await fabric.boot(wanted);
  await become(store, path, "RUNNING");
}

async function insert(machinery: Machinery, path: Path, resumed: boolean): Promise<void> {
  const { store, fabric, reconciler } = machinery;
  const instance = find(store, path);
  const machineId = machineIdOf(store.state, instance);
  try {
    await boot(machinery, path, resumed);
  } catch (error) {
    await fabric.erase(machineId).catch(() => undefined);
    await forget(store, path);
    reconciler.inBackground();
    throw error;
  }
}

async function start(machinery: Machinery, path: Path, resumed: boolean): Promise<void> {
  try {
    await boot(machinery, path, resumed);
  } catch (error) {
    await become(machinery.store, path, "TERMINATED");
    throw error;
  }
}

async function halt({ store, fabric }: Machinery, path: Path, force = false): Promise<number> {
  const machineId = machineIdOf(store.state, find(store, path));
  await fabric.halt(machineId, { force });
  return machineId;
}

async function stop(machinery: Machinery, path: Path): Promise<void> {
  await haltOrRestore(machinery, path);
  await become(machinery.store, path, "TERMINATED");
  await machinery.reconciler.converge();
}

/** Halts the machine. When that fails, the instance gets the status that fits what the machine really does. */
async function haltOrRestore(machinery: Machinery, path: Path): Promise<number> {
  const { store, fabric } = machinery;
  try {
    return await halt(machinery, path);
  } catch (error) {
    const runs = (await fabric.running()).has(machineIdOf(store.state, find(store, path)));
    await become(store, path, runs ? "RUNNING" : "TERMINATED");
    throw error;
  }
}

/** As a reset button does: no shutdown, and the disk stays. */
async function reset(machinery: Machinery, path: Path): Promise<void> {
  await halt(machinery, path, true);
  await start(machinery, path, false);
}

async function remove(machinery: Machinery, path: Path): Promise<void> {
  const { store, fabric, reconciler } = machinery;
  if (!store.state.instances[path]) return reconciler.converge();
  const machineId = await haltOrRestore(machinery, path);
  if (find(store, path).boot.autoDelete) await fabric.erase(machineId);
  await forget(store, path);
  await reconciler.converge();
}

/** Removes an instance from the state and from its target pools, with its disk if it is auto-deleted. */
async function forget(store: Store, path: Path): Promise<void> {
  await store.record((draft) => {
    const instance = draft.instances[path];
    if (!instance) return;
    delete draft.instances[path];
    delete draft.health[path];
    for (const pool of Object.values(draft.targetPools))
      pool.instances = pool.instances.filter((member) => member !== path);
    if (instance.boot.autoDelete) delete draft.disks[instance.boot.disk];
  });
}
