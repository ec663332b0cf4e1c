/** The engine: what the servers work with. The daemon composes it with them. */
import type { FastifyBaseLogger } from "fastify";
import { Fabric } from "../fabric/contract";
import { Store } from "../state/store";
import { executor } from "./executor";
import { adopt, onMachineExit } from "./lifecycle";
import { Operations } from "./operations";
import { Reconciler } from "./reconciler";

export interface Cloud {
  store: Store;
  fabric: Fabric;
  reconciler: Reconciler;
  operations: Operations;
  log: FastifyBaseLogger;
  /** Shuts every machine down, as when the host goes down: the instances stay RUNNING, and the next daemon boots them. */
  haltAll(): Promise<void>;
  /** Takes over the machines and operations of an earlier daemon. Call it once, when machines can get their metadata. */
  adopt(): Promise<void>;
  /** Ends the engine. Machines and traffic go on. */
  close(): Promise<void>;
}

export function createCloud(store: Store, fabric: Fabric, log: FastifyBaseLogger): Cloud {
  const reconciler = new Reconciler(
    fabric,
    () => store.state,
    (error) => log.error({ err: error }, "the fabric did not converge"),
  );
  const operations = new Operations(store, executor({ store, fabric, reconciler }), (operation, error) =>
    log.error(
      { err: error, operation: operation.name, type: operation.operationType, target: operation.target },
      "operation failed",
    ),
  );
  const parts = { store, fabric, operations, reconciler };
  let ending = false;
  fabric.onExit((machineId) => {
    if (ending) return;
    onMachineExit(parts, machineId).catch((error: Error) => log.error({ err: error, machineId }, "machine exit"));
  });
  return {
    ...parts,
    log,
    adopt: () => adopt(parts),
    haltAll: async () => {
      ending = true;
      await Promise.all([...(await fabric.running())].map((machineId) => fabric.halt(machineId)));
    },
    close: async () => {
      await reconciler.close();
      await store.close();
    },
  };
}
