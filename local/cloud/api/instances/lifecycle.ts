/** The methods start, stop and reset. They set the instance's status; their operation then starts or stops the machine. */
import type { FastifyInstance } from "fastify";
import { CloudState, Instance, InstanceStatus, Path } from "../../state/model";
import { takeExternal } from "../addressPool";
import { Cloud } from "../../engine/cloud";
import { notEmulated, notReady } from "../errors";
import { parsePath } from "../../state/path";
import { registerMethod } from "../kind";
import { checkRoom } from "../restrictions/zones";
import { instances } from "./kind";

function expect(path: Path, instance: Instance, ...allowed: InstanceStatus[]): void {
  if (!allowed.includes(instance.status)) throw notReady(path, `its status is ${instance.status}`);
}

/** Throws unless the instance is stopped, which Google requires for some changes. */
export function expectStopped(path: Path, instance: Instance, what: string): void {
  if (instance.status !== "TERMINATED") throw notReady(path, `${what} can be changed only while it is stopped`);
}

export function lifecycleRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerMethod(app, cloud, instances, "POST", "start", (draft, path, instance) => {
    expect(path, instance, "TERMINATED", "RUNNING");
    if (instance.status === "RUNNING") return;
    const { project, location } = parsePath(path)!;
    checkRoom(draft, project, location!);
    instance.status = "PROVISIONING";
    grantEphemeral(draft, instance);
  });
  registerMethod(app, cloud, instances, "POST", "stop", (_draft, path, instance) => {
    expect(path, instance, "RUNNING", "TERMINATED");
    if (instance.status === "RUNNING") instance.status = "STOPPING";
  });
  registerMethod(app, cloud, instances, "POST", "reset", (_draft, path, instance) => expect(path, instance, "RUNNING"));
  for (const verb of ["suspend", "resume", "attachDisk", "detachDisk", "addResourcePolicies"]) {
    registerMethod(app, cloud, instances, "POST", verb, () => {
      throw notEmulated(`instances.${verb}`);
    });
  }
}

/** Gives a new external address to an instance that lost its ephemeral address when it stopped. */
function grantEphemeral(draft: CloudState, { nic }: Instance): void {
  if (nic.accessConfig && !nic.accessConfig.natIP) nic.accessConfig.natIP = takeExternal(draft);
}
