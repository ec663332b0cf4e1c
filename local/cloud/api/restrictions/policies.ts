/** Organization policies: https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints */
import { CloudState, MetadataItem, Restrictions } from "../../state/model";
import { Place } from "../../state/path";
import { conditionNotMet } from "../errors";
import { restrictionsOf } from "./restrictions";

/** The constraints that the local cloud knows. A boolean one is enforced, and a list denies all values. */
export const CONSTRAINTS: Record<string, "boolean" | "list"> = {
  "compute.disableGuestAttributesAccess": "boolean",
  "compute.requireOsLogin": "boolean",
  "compute.restrictLoadBalancerCreationForTypes": "list",
  "compute.trustedImageProjects": "list",
  "compute.vmCanIpForward": "list",
  "compute.vmExternalIpAccess": "list",
  "gcp.resourceLocations": "list",
};

/** Throws Google's error when a policy is enforced. `why` follows the name of the project in its message. */
export function refuseByPolicy({ policies }: Restrictions, project: string, constraint: string, why = ""): void {
  if (!policies.includes(constraint)) return;
  throw conditionNotMet(`Constraint constraints/${constraint} violated for project ${project}.${why && ` ${why}`}`);
}

interface Planned {
  name: string;
  hasExternalAddress: boolean;
  canIpForward: boolean;
  metadata: MetadataItem[];
  imageProject: string;
}

/** Throws when a policy does not allow an instance. */
export function checkInstancePolicies(state: CloudState, { project, location }: Place, planned: Planned): void {
  const restrictions = restrictionsOf(state, project);
  const refuse = (constraint: string, why?: string) => refuseByPolicy(restrictions, project, constraint, why);
  const instance = `projects/${project}/zones/${location}/instances/${planned.name}`;
  const oslogin = planned.metadata.find(({ key }) => key === "enable-oslogin")?.value ?? "FALSE";
  refuse(
    "gcp.resourceLocations",
    `Location ZONE:${location} violates constraint constraints/gcp.resourceLocations on the resource ${instance}.`,
  );
  if (planned.hasExternalAddress)
    refuse("compute.vmExternalIpAccess", `Add instance ${instance} to the constraint to use external IP with it.`);
  if (planned.canIpForward)
    refuse("compute.vmCanIpForward", `Add instance ${instance} to the constraint to use IP forwarding with it.`);
  if (oslogin.toUpperCase() !== "TRUE") refuse("compute.requireOsLogin", "The enable-oslogin metadata must be TRUE.");
  refuse("compute.trustedImageProjects", `Use of images from project ${planned.imageProject} is prohibited.`);
}
