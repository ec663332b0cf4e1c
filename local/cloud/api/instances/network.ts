/** An instance's one interface: its subnetwork and its two addresses. */
import { CloudState, NetworkInterface, NetworkTier, AccessConfig, Path } from "../../state/model";
import { internalHolders, isUsable, takeExternal, takeInternal } from "../addressPool";
import { danglingReference, invalid, otherTier, required } from "../errors";
import { OperationFailure } from "../../state/failure";
import { Place } from "../../state/path";
import { reference } from "../links";
import { regionOfZone } from "../../../../lib/regions";
import { WantedInterface } from "./body";

const FIELD = "resource.networkInterfaces[0]";

function networkAndSubnetwork(state: CloudState, place: Place, wanted: WantedInterface): [Path, Path] {
  const region: Place = { project: place.project, scope: "regions", location: regionOfZone(place.location!) };
  const global: Place = { project: place.project, scope: "global" };
  let network = wanted.network && reference(`${FIELD}.network`, wanted.network, global, "networks");
  if (network && !state.networks[network]) throw danglingReference(`${FIELD}.network`, wanted.network!, "network");
  if (!wanted.subnetwork) return [network || "", automaticSubnetwork(state, network || "", region)];
  const subnetwork = reference(`${FIELD}.subnetwork`, wanted.subnetwork, region, "subnetworks");
  const found = state.subnetworks[subnetwork];
  if (!found) throw danglingReference(`${FIELD}.subnetwork`, wanted.subnetwork, "subnetwork");
  if (!subnetwork.startsWith(`projects/${place.project}/regions/${region.location}/`)) {
    throw invalid(`${FIELD}.subnetwork`, wanted.subnetwork, `Must be in the instance's region '${region.location}'.`);
  }
  network ||= found.network;
  if (network !== found.network) {
    throw invalid(`${FIELD}.subnetwork`, wanted.subnetwork, `It is not a subnetwork of '${network}'.`);
  }
  return [network, subnetwork];
}

/** The subnetwork of an instance that names none. Only an auto mode network allows that. */
function automaticSubnetwork(state: CloudState, network: Path, region: Place): Path {
  if (!network) throw required(`${FIELD}.subnetwork`);
  const found = Object.keys(state.subnetworks).find(
    (path) =>
      state.subnetworks[path]!.network === network &&
      path.startsWith(`projects/${region.project}/regions/${region.location}/`),
  );
  if (!state.networks[network]!.autoCreateSubnetworks || !found) {
    throw invalid(`${FIELD}.network`, network, "A subnetwork must be specified for a network in custom mode.");
  }
  return found;
}

function internalAddress(state: CloudState, subnetwork: Path, wanted: string | undefined): string {
  if (!wanted) return takeInternal(state, subnetwork);
  const { ipCidrRange } = state.subnetworks[subnetwork]!;
  if (!isUsable(ipCidrRange, wanted)) {
    const must = `Requested internal IP address is outside the subnetwork's usable range: ${ipCidrRange} without its first two and last two addresses.`;
    throw invalid(`${FIELD}.networkIP`, wanted, must);
  }
  const holder = internalHolders(state, subnetwork).get(wanted);
  // A reserved address may be used if no instance has it yet.
  if (holder && state.instances[holder]) {
    throw new OperationFailure(
      "IP_IN_USE_BY_ANOTHER_RESOURCE",
      `IP '${wanted}' is already being used by another resource.`,
    );
  }
  return wanted;
}

/** The external address for an access config: the reserved address that it names, or else an ephemeral one. */
export function externalAddress(
  state: CloudState,
  { natIP: wanted, networkTier }: { natIP?: string; networkTier: NetworkTier },
  field: string,
): string {
  if (!wanted) return takeExternal(state);
  const reserved = Object.values(state.addresses).find(
    (one) => one.address === wanted && one.addressType === "EXTERNAL",
  );
  if (!reserved) {
    throw invalid(field, wanted, "The specified external IP address was not found in the region.");
  }
  if (reserved.networkTier !== networkTier)
    throw otherTier(field, wanted, reserved.networkTier, "Access Config", networkTier);
  const instance = Object.values(state.instances).some(({ nic }) => nic.accessConfig?.natIP === wanted);
  const rule = Object.values(state.forwardingRules).some((one) => one.IPAddress === wanted);
  if (instance || rule) {
    throw new OperationFailure("IP_IN_USE_BY_ANOTHER_RESOURCE", `External IP address: ${wanted} is already in-use.`);
  }
  return wanted;
}

export const DEFAULT_ACCESS_CONFIG = "external-nat";

export function newInterface(state: CloudState, place: Place, wanted: WantedInterface): NetworkInterface {
  const [network, subnetwork] = networkAndSubnetwork(state, place, wanted);
  const config = wanted.accessConfigs?.[0];
  let accessConfig: AccessConfig | undefined;
  if (config) {
    accessConfig = {
      name: config.name || DEFAULT_ACCESS_CONFIG,
      natIP: externalAddress(state, config, `${FIELD}.accessConfigs[0].natIP`),
      networkTier: config.networkTier,
    };
  }
  const networkIP = internalAddress(state, subnetwork, wanted.networkIP);
  return { network, subnetwork, networkIP, accessConfig, ...(wanted.nicType && { nicType: wanted.nicType }) };
}
