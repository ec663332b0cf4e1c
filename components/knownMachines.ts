/** What the last update recorded about a machine. */
export interface Known {
  /** Google's number for the instance. An instance that is made again gets another one. */
  instanceId: string;
  /** `TYPE BASE64` */
  hostKey: string;
}

/** The outputs of an update, as far as they are read here. Those of an interrupted one, or of an older program, have less. */
export interface Recorded {
  controllers?: { name: string; instanceId?: string }[];
  ssh?: { hostKeys?: Record<string, string> };
}

/** The machines that the last update recorded whole, by name. */
export function knownMachines({ controllers = [], ssh }: Recorded): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const { name, instanceId } of controllers) {
    const hostKey = ssh?.hostKeys?.[name];
    if (instanceId && hostKey) known.set(name, { instanceId, hostKey });
  }
  return known;
}
