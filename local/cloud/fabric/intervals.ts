/** Ranges for nftables' sets, which refuse elements that overlap. */

import { parseCidr, toText, type Interval } from "../../../lib/ipv4";

/** The same numbers as disjoint ranges in ascending order. */
export function merge(ranges: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const last = result.at(-1);
    if (last && range.first <= last.last + 1) last.last = Math.max(last.last, range.last);
    else result.push({ ...range });
  }
  return result;
}

const EVERYTHING = 2 ** 32 - 1;

/**
 * A match on `field` (`ip saddr`) for CIDR ranges: empty text when they are all there is, undefined when they match nothing
 * (no range, or IPv6 ranges only).
 */
export function addressMatch(field: string, cidrs: readonly string[]): string | undefined {
  // A range with host bits set never gets here: the API refuses it. IPv6 ranges do, and match no IPv4 packet.
  const ranges = merge(cidrs.flatMap((cidr) => parseCidr(cidr) ?? []));
  if (ranges.length === 0) return undefined;
  if (ranges.some(({ first, last }) => first === 0 && last === EVERYTHING)) return "";
  const elements = ranges.map(({ first, last }) =>
    first === last ? toText(first) : `${toText(first)}-${toText(last)}`,
  );
  return `${field} { ${elements.join(", ")} }`;
}

/** Ports such as "80" and "1000-2000" as elements of a set. */
export function portElements(ports: readonly string[]): string[] {
  const ranges = ports.map((text) => {
    const [first, last] = text.split("-").map(Number);
    return { first: first!, last: last ?? first! };
  });
  return merge(ranges).map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`));
}
