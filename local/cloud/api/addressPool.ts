/** Finds free addresses: external ones in the one pool, internal ones in their subnetwork. */
import { EXTERNAL_POOL } from "../addresses";
import { cidrRange, toNumber, toText } from "../../../lib/ipv4";
import { CloudState, Path } from "../state/model";
import { ApiError } from "./errors";

/** External addresses that are in use or reserved, each with its resource. */
export function externalHolders(state: CloudState): Map<string, Path> {
  const holders = new Map<string, Path>();
  for (const [path, rule] of Object.entries(state.forwardingRules)) holders.set(rule.IPAddress, path);
  for (const [path, { nic }] of Object.entries(state.instances)) {
    if (nic.accessConfig?.natIP) holders.set(nic.accessConfig.natIP, path);
  }
  for (const [path, address] of Object.entries(state.addresses)) {
    if (address.addressType === "EXTERNAL") holders.set(address.address, path);
  }
  return holders;
}

/** A free external address. Throws `quotaExceeded` when no address is left. */
export function takeExternal(state: CloudState): string {
  const taken = externalHolders(state);
  const [first, last] = EXTERNAL_POOL.map(toNumber) as [number, number];
  for (let number = first; number <= last; number += 1) {
    if (!taken.has(toText(number))) return toText(number);
  }
  const message = `Quota 'IN_USE_ADDRESSES' exceeded. Limit: ${last - first + 1} external addresses in the local cloud.`;
  throw new ApiError(403, "quotaExceeded", message);
}

/** Whether an instance can have this address. Google reserves the first two and the last two of a subnetwork. */
export function isUsable(cidr: string, address: string): boolean {
  const { first, last } = cidrRange(cidr);
  const number = toNumber(address);
  return number >= first + 2 && number <= last - 2;
}

/** Internal addresses of a subnetwork that are in use or reserved, each with its resource. */
export function internalHolders(state: CloudState, subnetwork: Path): Map<string, Path> {
  const holders = new Map<string, Path>();
  for (const [path, address] of Object.entries(state.addresses)) {
    if (address.subnetwork === subnetwork) holders.set(address.address, path);
  }
  for (const [path, { nic }] of Object.entries(state.instances)) {
    if (nic.subnetwork === subnetwork) holders.set(nic.networkIP, path);
  }
  return holders;
}

/** A free internal address. Throws `ipSpaceExhausted` when the subnetwork is full. */
export function takeInternal(state: CloudState, subnetwork: Path): string {
  const { ipCidrRange } = state.subnetworks[subnetwork]!;
  const { first, last } = cidrRange(ipCidrRange);
  const taken = internalHolders(state, subnetwork);
  for (let number = first + 2; number <= last - 2; number += 1) {
    if (!taken.has(toText(number))) return toText(number);
  }
  throw new ApiError(400, "ipSpaceExhausted", `IP space of '${subnetwork}' (${ipCidrRange}) is exhausted.`);
}
