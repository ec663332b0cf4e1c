import fc from "fast-check";
import * as ipv4 from "../../../lib/ipv4";
import { isUsable } from "../../../local/cloud/api/addressPool";

const number = fc.integer({ min: 0, max: 0xffffffff });
const cidr = fc.tuple(number, fc.integer({ min: 0, max: 32 })).map(([address, bits]) => {
  const size = 2 ** (32 - bits);
  return `${ipv4.toText(Math.floor(address / size) * size)}/${bits}`;
});

test("an address and its number are each other's", () => {
  fc.assert(fc.property(number, (value) => ipv4.toNumber(ipv4.toText(value)) === value));
});

test("a range has as many addresses as its prefix says, and begins with its own", () => {
  fc.assert(
    fc.property(cidr, (text) => {
      const { first, last } = ipv4.cidrRange(text);
      expect(last - first + 1).toBe(2 ** (32 - ipv4.prefixLength(text)));
      expect(text.startsWith(`${ipv4.toText(first)}/`)).toBe(true);
    }),
  );
});

test("two ranges are apart, or one holds the other", () => {
  fc.assert(
    fc.property(cidr, cidr, (a, b) => {
      const [x, y] = [ipv4.cidrRange(a), ipv4.cidrRange(b)];
      expect(ipv4.overlap(x, y)).toBe(ipv4.contains(x, y) || ipv4.contains(y, x));
      expect(ipv4.overlap(x, y)).toBe(ipv4.overlap(y, x));
    }),
  );
});

test("host bits make a range invalid", () => {
  fc.assert(
    fc.property(number, fc.integer({ min: 0, max: 31 }), (address, bits) => {
      const hasHostBits = address % 2 ** (32 - bits) !== 0;
      expect(ipv4.parseCidr(`${ipv4.toText(address)}/${bits}`) === undefined).toBe(hasHostBits);
    }),
  );
});

test.each([
  "",
  "10.0.0.0",
  "10.0.0.0/",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0/24",
  "0x0a.0.0.0/8",
  "10.0.0.0/8/8",
  " 10.0.0.0/8",
  "::/0",
])("%j is no range", (text) => expect(ipv4.parseCidr(text)).toBeUndefined());

test("of a subnetwork four addresses are not for instances", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), (host) => {
      expect(isUsable("10.240.0.0/24", `10.240.0.${host}`)).toBe(![0, 1, 254, 255].includes(host));
    }),
  );
});
