/** IPv4 arithmetic on top of ipaddr.js: addresses as unsigned 32-bit numbers, ranges as first and last address. */
import ipaddr from "ipaddr.js";

/** First and last address of a range, both included. */
export interface Range {
  first: number;
  last: number;
}

export function isIPv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

export function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((sum, byte) => sum * 256 + byte, 0);
}

export function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** The range of `a.b.c.d/n`, or undefined when the text is no IPv4 CIDR or has bits set behind its prefix. */
export function parseCidr(text: string): Range | undefined {
  const [address, bits, ...rest] = text.split("/");
  if (!address || !isIPv4(address) || !bits || !/^\d{1,2}$/.test(bits) || Number(bits) > 32 || rest.length > 0) {
    return undefined;
  }
  const size = 2 ** (32 - Number(bits));
  const first = toNumber(address);
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}

export function prefixLength(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

export function overlap(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

export function contains(outer: Range, inner: Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/** Google's gateway of a subnetwork: its second address. */
export function gatewayOf(cidr: string): string {
  return toText(cidrRange(cidr).first + 1);
}

/** Like {@link parseCidr}, for ranges that were checked before. */
export function cidrRange(cidr: string): Range {
  const range = parseCidr(cidr);
  if (!range) throw new Error(`${cidr} is not a CIDR range`);
  return range;
}
