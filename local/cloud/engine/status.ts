import { CloudState, Instance, InstanceStatus, Path } from "../state/model";
import { timestamp } from "../state/ids";

/** Sets an instance's status and what depends on it: timestamps and its external address. */
export function setStatus(draft: CloudState, path: Path, status: InstanceStatus): void {
  const instance = draft.instances[path];
  if (!instance) return;
  instance.status = status;
  if (status === "RUNNING") instance.lastStartTimestamp = timestamp();
  if (status !== "TERMINATED") return;
  instance.lastStopTimestamp = timestamp();
  releaseEphemeral(draft, instance);
}

/** A stopped instance keeps its external address only if that is reserved. */
function releaseEphemeral(draft: CloudState, { nic }: Instance): void {
  const reserved = Object.values(draft.addresses).some((address) => address.address === nic.accessConfig?.natIP);
  if (nic.accessConfig && !reserved) nic.accessConfig.natIP = undefined;
}
