import fc from "fast-check";
import { addressAt, overlap, parseRange } from "../../settings/cidr";

const octet = fc.integer({ min: 0, max: 255 });
const text = (n: number) => [24, 16, 8, 0].map((s) => Math.floor(n / 2 ** s) % 256).join(".");
const range = fc
  .record({ address: fc.tuple(octet, octet, octet, octet), prefix: fc.integer({ min: 0, max: 32 }) })
  .map(({ address, prefix }) => {
    const n = address.reduce((sum, byte) => sum * 256 + byte, 0);
    const size = 2 ** (32 - prefix);
    return { first: Math.floor(n / size) * size, size, prefix };
  });

test("a range starts at its address and has 2^(32 - prefix) addresses", () => {
  fc.assert(
    fc.property(range, ({ first, size, prefix }) => {
      expect(parseRange(`${text(first)}/${prefix}`)).toEqual({ first, last: first + size - 1, prefix });
    }),
  );
});

test("every address of a range is inside it, and the next is refused", () => {
  fc.assert(
    fc.property(range, fc.nat(), ({ first, size, prefix }, seed) => {
      const cidr = `${text(first)}/${prefix}`;
      const n = seed % size;
      expect(addressAt(cidr, n)).toBe(text(first + n));
      expect(() => addressAt(cidr, size)).toThrow(RangeError);
    }),
  );
});

test("ranges overlap exactly when they share an address", () => {
  fc.assert(
    fc.property(range, range, (a, b) => {
      const shared = Math.max(a.first, b.first) < Math.min(a.first + a.size, b.first + b.size);
      const parsed = [a, b].map((r) => parseRange(`${text(r.first)}/${r.prefix}`)) as [
        ReturnType<typeof parseRange>,
        ReturnType<typeof parseRange>,
      ];
      expect(overlap(...parsed)).toBe(shared);
      expect(overlap(parsed[1], parsed[0])).toBe(shared);
    }),
  );
});

test.each(["10.0.0.0", "10.0.0/8", "10.0.0.0/33", "010.0.0.0/8x", "::/0", "256.0.0.0/8", ""])(
  "%j is no range",
  (bad) => {
    expect(() => parseRange(bad)).toThrow(/is no IPv4 range/);
  },
);
