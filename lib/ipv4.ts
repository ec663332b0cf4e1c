/**
 * IPv4 addresses and ranges: the one place that computes with them. Addresses are unsigned 32-bit numbers; ipaddr.js reads
 * them from text.
 */
import ipaddr from "ipaddr.js";

/** First and last address, both included. */
export interface Interval {
  first: number;
  last: number;
}

/** A CIDR range. */
export interface Range extends Interval {
  /** Length of the prefix, in bits. */
  prefix: number;
}

/** Four decimal numbers from 0 to 255 without leading zeros, which some programs would read as octal. */
export function isIPv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** Whether an address can be one that other networks see: no private, loopback or link-local one. */
export function isExternal(address: string): boolean {
  return !["private", "loopback", "linkLocal"].includes(ipaddr.IPv4.parse(address).range());
}

export function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((sum, byte) => sum * 256 + byte, 0);
}

export function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** The range that holds the address of `a.b.c.d/n`, whose host bits may be set. Undefined when the text has another form. */
export function rangeAround(text: string): Range | undefined {
  const [address, bits, ...rest] = text.split("/");
  if (!address || !isIPv4(address) || !bits || !/^[1-9]?\d$/.test(bits) || Number(bits) > 32 || rest.length > 0) {
    return undefined;
  }
  const prefix = Number(bits);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1, prefix };
}

/** The range `a.b.c.d/n`. Undefined when the text has another form or host bits are set. */
export function parseCidr(text: string): Range | undefined {
  const range = rangeAround(text);
  return range && cidrText(range) === text ? range : undefined;
}

/** Like {@link parseCidr}, for text that was checked before; throws an Error for any other. */
export function cidrRange(cidr: string): Range {
  const range = parseCidr(cidr);
  if (!range) throw new Error(`${cidr} is not a CIDR range`);
  return range;
}

export function cidrText({ first, prefix }: Range): string {
  return `${toText(first)}/${prefix}`;
}

export function overlap(a: Interval, b: Interval): boolean {
  return a.first <= b.last && b.first <= a.last;
}

export function contains(outer: Interval, inner: Interval): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/** Whether an address lies in a CIDR range; no address lies in text that is not an IPv4 range. */
export function isWithin(address: string, cidr: string): boolean {
  const range = parseCidr(cidr);
  const number = toNumber(address);
  return range !== undefined && range.first <= number && number <= range.last;
}

/** The `n`th address of a range, 0 being its first. Throws a RangeError outside it. */
export function addressAt(cidr: string, n: number): string {
  const { first, last } = cidrRange(cidr);
  if (!Number.isInteger(n) || n < 0 || first + n > last) throw new RangeError(`${cidr} has no address number ${n}`);
  return toText(first + n);
}

/** Google's gateway of a subnetwork: its second address. */
export const gatewayOf = (cidr: string): string => addressAt(cidr, 1);
