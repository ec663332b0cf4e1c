import { OperationFailure } from "../../state/failure";
import { CloudState } from "../../state/model";
import { restrictionsOf } from "./restrictions";

/** Throws Google's error when a zone has no room for another machine. It ends the operation, not the request. */
export function checkRoom(state: CloudState, project: string, zone: string): void {
  if (!restrictionsOf(state, project).exhaustedZones.includes(zone)) return;
  throw new OperationFailure(
    "ZONE_RESOURCE_POOL_EXHAUSTED",
    `The zone 'projects/${project}/zones/${zone}' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.`,
    503,
  );
}
