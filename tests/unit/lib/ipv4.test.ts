import fc from "fast-check";
import * as ipv4 from "../../../lib/ipv4";

const number = fc.integer({ min: 0, max: 0xffffffff });
const prefix = fc.integer({ min: 0, max: 32 });
/** A range with its text, computed by other means than the module's. */
const range = fc.tuple(number, prefix).map(([address, bits]) => {
  const size = 2 ** (32 - bits);
  const first = address - (address % size);
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return { first, size, bits, text: `${octets.join(".")}/${bits}` };
});

test("text and number of an address convert into each other", () => {
  fc.assert(fc.property(number, (value) => ipv4.toNumber(ipv4.toText(value)) === value));
  expect(ipv4.toNumber("10.240.0.1")).toBe(0x0af00001);
  expect(ipv4.toText(0xffffffff)).toBe("255.255.255.255");
});

test("a range starts at its address and has 2^(32 - prefix) addresses", () => {
  fc.assert(
    fc.property(range, ({ first, size, bits, text }) => {
      expect(ipv4.parseCidr(text)).toEqual({ first, last: first + size - 1, prefix: bits });
      expect(ipv4.cidrText(ipv4.cidrRange(text))).toBe(text);
    }),
  );
});

test("a range with host bits set is refused, and rangeAround finds the range that holds it", () => {
  fc.assert(
    fc.property(number, prefix, (address, bits) => {
      const text = `${ipv4.toText(address)}/${bits}`;
      const around = ipv4.rangeAround(text)!;
      expect(around.first <= address && address <= around.last).toBe(true);
      expect(around.prefix).toBe(bits);
      expect(ipv4.parseCidr(text)).toEqual(around.first === address ? around : undefined);
    }),
  );
});

test.each([
  "",
  "10.0.0.0",
  "10.0.0.0/",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0.0/08",
  "10.0.0/24",
  "010.0.0.0/8",
  "0x0a.0.0.0/8",
  "10.0.0.0/8/8",
  " 10.0.0.0/8",
  "256.0.0.0/8",
  "::/0",
])("%j is not a range", (text) => {
  expect(ipv4.parseCidr(text)).toBeUndefined();
  expect(ipv4.rangeAround(text)).toBeUndefined();
  expect(() => ipv4.cidrRange(text)).toThrow(`${text} is not a CIDR range`);
});

test("two ranges overlap exactly when they share an address, and then one contains the other", () => {
  fc.assert(
    fc.property(range, range, (a, b) => {
      const [x, y] = [ipv4.cidrRange(a.text), ipv4.cidrRange(b.text)];
      const shared = Math.max(a.first, b.first) < Math.min(a.first + a.size, b.first + b.size);
      expect(ipv4.overlap(x, y)).toBe(shared);
      expect(ipv4.overlap(y, x)).toBe(shared);
      expect(ipv4.contains(x, y) || ipv4.contains(y, x)).toBe(shared);
    }),
  );
});

test("every address of a range lies in it, and the one after its last is refused", () => {
  fc.assert(
    fc.property(range, fc.nat(), ({ first, size, text }, seed) => {
      const address = ipv4.addressAt(text, seed % size);
      expect(address).toBe(ipv4.toText(first + (seed % size)));
      expect(ipv4.isWithin(address, text)).toBe(true);
      expect(() => ipv4.addressAt(text, size)).toThrow(RangeError);
    }),
  );
  expect(ipv4.isWithin("10.240.0.255", "10.240.0.0/24")).toBe(true);
  expect(ipv4.isWithin("10.240.1.0", "10.240.0.0/24")).toBe(false);
  expect(ipv4.isWithin("10.240.0.1", "::/0")).toBe(false);
});

test("the gateway of a subnetwork is its second address", () => {
  expect(ipv4.gatewayOf("10.240.0.0/24")).toBe("10.240.0.1");
});
