import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout as wait } from "timers/promises";
import type { GoogleError } from "../lib/google";
import { HOST_KEY_TYPE } from "../node/layout";
import { compute } from "./compute";
import { looks } from "./hostKeyPace";
import type { Identity } from "./knownMachines";
import { expectRunning, Place, reachable } from "./reachable";

const DEADLINE_MS = 5 * 60 * 1000;
/** How many looks there are between two questions about the machine's status. */
const STATUS_EVERY = 4;

/**
 * Returns the SSH host key of an instance as `TYPE BASE64`, so that even the first connection is checked. The guest agent and
 * the startup script publish it as a guest attribute (metadata enable-guest-attributes), which the Compute Engine API returns.
 * The key that the last update recorded for the same instance is not read again. Waits for a machine that is still booting.
 * Throws a RunError after five minutes, and at once for a machine that is stopped or gone, and when Google refuses to tell.
 */
export function hostKey(
  instance: gcp.compute.Instance,
  instanceId: pulumi.Output<string>,
  host: pulumi.Output<string>,
  known: Identity | undefined,
): pulumi.Output<string> {
  return pulumi
    .all([instanceId, instance.name, instance.zone, instance.project, host, instance.creationTimestamp])
    .apply(async ([id, name, zone, project, address, created]) => {
      const place = { name, zone, project };
      const key =
        id === known?.instanceId ? known.hostKey : await poll(place, Date.now() - Date.parse(created), instance);
      // A preview connects to no machine.
      if (!pulumi.runtime.isDryRun()) await reachable(address, place, instance);
      return key;
    });
}

/** Looks for the key until it is there. `age`: milliseconds since the instance was made; NaN when that is not known. */
export async function poll(place: Place, age: number, parent?: pulumi.Resource): Promise<string> {
  const { name, zone } = place;
  let waited = 0;
  let count = 0;
  for (const pause of looks(age)) {
    await wait(pause);
    waited += pause;
    const found = await read(place, parent);
    if (!(found instanceof Error)) return `${HOST_KEY_TYPE} ${found}`;
    if (waited > DEADLINE_MS) {
      throw new pulumi.RunError(
        `${name} published no SSH host key of type ${HOST_KEY_TYPE} within ${DEADLINE_MS / 60000} minutes (${found.message}). ` +
          "Check that its image runs Google's guest agent, and read its serial console: " +
          `gcloud compute instances get-serial-port-output ${name} --zone ${zone}`,
      );
    }
    if (count === 0) await expectAllowed(place);
    // A preview may meet a stopped machine.
    const due = count++ % STATUS_EVERY === 0 && !pulumi.runtime.isDryRun();
    if (due || isMissing(found)) await expectRunning(place, parent);
  }
  throw new Error("unreachable: the looks never end");
}

async function read(place: Place, parent?: pulumi.Resource): Promise<string | Error> {
  try {
    const attributes = await gcp.compute.getInstanceGuestAttributes(
      { ...place, queryPath: "hostkeys/" },
      parent && { parent },
    );
    const key = attributes.queryValues.find((attribute) => attribute.key === HOST_KEY_TYPE);
    return key?.value ?? new Error(`${HOST_KEY_TYPE} is not among its host keys`);
  } catch (error) {
    return error as Error;
  }
}

const isMissing = ({ message }: Error) => /not found|404/i.test(message);

/**
 * Throws a RunError when Google refuses to tell the guest attributes, with Google's reason. The provider answers then as if
 * there were none. An API that does not answer, or too slowly, fails nothing.
 */
async function expectAllowed({ name, zone, project }: Place): Promise<void> {
  const path = `projects/${project}/zones/${zone}/instances/${name}/getGuestAttributes?queryPath=hostkeys%2F`;
  const error = await compute("GET", path).then(
    () => undefined,
    (reason: unknown) => reason as GoogleError,
  );
  if (error === undefined || ![400, 401, 403, 412].includes(error.status ?? 0) || error.reason === "rateLimitExceeded")
    return;
  throw new pulumi.RunError(
    `Google refuses to tell the guest attributes of ${name}, in which its SSH host key is: ${error.message} ` +
      "The organization's policy compute.disableGuestAttributesAccess must not be enforced for the project, and the account " +
      "needs the permission compute.instances.getGuestAttributes (role roles/compute.viewer or more)",
  );
}
