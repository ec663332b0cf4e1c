/** Ranges for sets of nftables, whose elements must not overlap. */

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
 * A match of `field` (`ip saddr`) with CIDR ranges. Empty text when the ranges contain every address; undefined when they
 * match nothing, because there are none or only IPv6 ranges.
 */
export function addressMatch(field: string, cidrs: readonly string[]): string | undefined {
  // Text that is not an IPv4 range is an IPv6 range, which matches no IPv4 packet. The API refuses ranges with host bits set.
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
