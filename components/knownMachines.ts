import type { Drift } from "./drift";

/** An instance that was there at the last update. */
export interface Identity {
  /** Google's number for the instance. An instance that is made again gets another one. */
  instanceId: string;
  /** `TYPE BASE64` */
  hostKey: string;
}

/** What is known about a machine before this update. */
export interface Known {
  /** As the last update made it. */
  hardware?: string;
  /** Undefined when the last update did not get as far. */
  identity?: Identity;
  /** What differs on it from what the last update wrote. */
  drift: Drift;
}

/** The outputs of an update, as far as they are read here. Those of an interrupted one, or of an older program, have less. */
export interface Recorded {
  controllers?: { name: string; instance: string; hardware?: string; instanceId?: string }[];
  ssh?: { hostKeys?: Record<string, string> };
}

/** The machines that the last update recorded, by name. `drifts`: by the name of the instance. */
export function knownMachines({ controllers = [], ssh }: Recorded, drifts: Map<string, Drift>): Map<string, Known> {
  return new Map(
    controllers.map(({ name, instance, hardware, instanceId }) => {
      const hostKey = ssh?.hostKeys?.[name];
      const identity = instanceId && hostKey ? { instanceId, hostKey } : undefined;
      return [name, { hardware, identity, drift: drifts.get(instance) ?? {} }];
    }),
  );
}
