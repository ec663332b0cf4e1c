import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout as wait } from "timers/promises";
import { expectRunning, Place, reachable } from "./reachable";

/** Debian's and Ubuntu's images make host keys of several types. This is the first that all SSH clients and servers agree on. */
const KEY_TYPE = "ecdsa-sha2-nistp256";
const DEADLINE_MS = 5 * 60 * 1000;

/**
 * Returns the SSH host key of an instance as `TYPE BASE64`, so that even the first connection is checked. The guest agent
 * publishes it as a guest attribute (metadata enable-guest-attributes), which the Compute Engine API returns. Waits for a
 * machine that is still booting. Throws a RunError after five minutes, and at once for a machine that is stopped or gone.
 */
export function hostKey(instance: gcp.compute.Instance, host: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi
    .all([instance.name, instance.zone, instance.project, host, instance.instanceId])
    .apply(async ([name, zone, project, address]) => {
      const place = { name, zone, project };
      const key = await poll(place, instance);
      // A preview connects to no machine.
      if (!pulumi.runtime.isDryRun()) await reachable(address, place, instance);
      return key;
    });
}

async function poll({ name, zone, project }: Place, parent: pulumi.Resource): Promise<string> {
  const deadline = Date.now() + DEADLINE_MS;
  for (let pause = 100; ; pause = Math.min(pause * 1.5, 5000)) {
    const found = await read(name, zone, project, parent);
    if (found instanceof Error && Date.now() > deadline) {
      throw new pulumi.RunError(
        `${name} published no SSH host key of type ${KEY_TYPE} within ${DEADLINE_MS / 60000} minutes (${found.message}). ` +
          "Check that its image runs Google's guest agent, and read its serial console: " +
          `gcloud compute instances get-serial-port-output ${name} --zone ${zone}`,
      );
    }
    if (!(found instanceof Error)) return `${KEY_TYPE} ${found}`;
    if (!pulumi.runtime.isDryRun()) await expectRunning({ name, zone, project }, parent);
    await wait(pause);
  }
}

async function read(name: string, zone: string, project: string, parent: pulumi.Resource): Promise<string | Error> {
  try {
    const attributes = await gcp.compute.getInstanceGuestAttributes(
      { name, zone, project, queryPath: "hostkeys/" },
      { parent },
    );
    const key = attributes.queryValues.find((attribute) => attribute.key === KEY_TYPE);
    return key?.value ?? new Error(`${KEY_TYPE} is not among its host keys`);
  } catch (error) {
    return error as Error;
  }
}
