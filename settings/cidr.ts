import ipaddr from "ipaddr.js";

/** An IPv4 range: first and last address as 32-bit numbers, prefix length in bits. */
export interface Range {
  first: number;
  last: number;
  prefix: number;
}

export const NO_RANGE = "is no IPv4 range; write it as ADDRESS/BITS, for example 10.240.0.0/24";

/** Parses `a.b.c.d/n`. Throws an Error that says what is wrong; host bits set is wrong too, since clouds refuse it. */
export function parseRange(text: string): Range {
  if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(text) || !ipaddr.IPv4.isValidCIDR(text)) {
    throw new Error(NO_RANGE);
  }
  const [address, prefix] = ipaddr.IPv4.parseCIDR(text);
  const network = ipaddr.IPv4.networkAddressFromCIDR(text).toString();
  if (network !== address.toString()) {
    throw new Error(`has bits set after its first ${prefix}; did you mean ${network}/${prefix}?`);
  }
  const first = toNumber(network);
  return { first, last: first + 2 ** (32 - prefix) - 1, prefix };
}

export function overlap(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The `n`th address of a range, 0 being its first. Throws a RangeError outside it. */
export function addressAt(cidr: string, n: number): string {
  const { first, last } = parseRange(cidr);
  if (!Number.isInteger(n) || n < 0 || first + n > last) throw new RangeError(`${cidr} has no address number ${n}`);
  return toText(first + n);
}

function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((sum, byte) => sum * 256 + byte, 0);
}

function toText(n: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join(".");
}
