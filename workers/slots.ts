/**
 * Where a worker is in the ranges of its cluster. Each worker has a slot, which it keeps as long as it exists: machines and routes
 * name its address and its Pods' range, and neither may change because another group grows.
 */
import { addressAt, cidrRange, toText } from "../lib/ipv4";

/** The worker in slot N has address number 10 + N of the subnet. */
const FIRST_ADDRESS = 10;
/** Google reserves the last two addresses of a subnet. */
const RESERVED_AT_END = 2;
/** Prefix length of the range of Pod addresses that each worker gets. */
const NODE_PREFIX = 24;

export interface Ranges {
  /** Of the workers' subnet. */
  subnetCidr: string;
  /** Of all Pods. */
  podCidr: string;
}

/** How many workers the ranges have place for. */
export function slotCount({ subnetCidr, podCidr }: Ranges): number {
  const subnet = cidrRange(subnetCidr);
  const addresses = subnet.last - subnet.first + 1 - FIRST_ADDRESS - RESERVED_AT_END;
  return Math.max(0, Math.min(addresses, 2 ** (NODE_PREFIX - cidrRange(podCidr).prefix)));
}

/**
 * Returns the slot of each of the workers `names`. A worker in `before` keeps its slot. A new one gets the lowest that nobody has; a slot
 * that a leaving worker still has is the last choice, because its machine and its route go only at the end of an update. There must be
 * place for all (slotCount).
 */
export function assignSlots(names: string[], before: Map<string, number>, count: number): Map<string, number> {
  const kept = new Map(names.flatMap((name) => (before.has(name) ? [[name, before.get(name)!] as const] : [])));
  const taken = new Set(kept.values());
  const leaving = new Set([...before.values()].filter((slot) => !taken.has(slot)));
  const all = Array.from({ length: count }, (_, slot) => slot).filter((slot) => !taken.has(slot));
  const free = [...all.filter((slot) => !leaving.has(slot)), ...all.filter((slot) => leaving.has(slot))];
  return new Map(names.map((name) => [name, kept.get(name) ?? free.shift()!]));
}

export const addressOf = (slot: number, { subnetCidr }: Ranges): string => addressAt(subnetCidr, FIRST_ADDRESS + slot);

export const podCidrOf = (slot: number, { podCidr }: Ranges): string =>
  `${toText(cidrRange(podCidr).first + slot * 2 ** (32 - NODE_PREFIX))}/${NODE_PREFIX}`;
