import fc from "fast-check";

import { addressMatch, merge, portElements } from "../../../../local/cloud/fabric/intervals";

const range = fc
  .tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 40 }))
  .map(([first, length]) => ({ first, last: first + length }));

describe("merge", () => {
  it("keeps exactly the same numbers, in ranges that neither overlap nor touch", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), (ranges) => {
        const merged = merge(ranges);
        const covers = (list: typeof ranges, n: number) => list.some(({ first, last }) => first <= n && n <= last);
        for (let n = 0; n <= 341; n++) expect(covers(merged, n)).toBe(covers(ranges, n));
        merged.slice(1).forEach((next, index) => expect(next.first).toBeGreaterThan(merged[index]!.last + 1));
      }),
    );
  });
});

describe("a match by address", () => {
  it("writes ranges without overlap", () => {
    const text = addressMatch("ip saddr", ["10.240.0.0/24", "10.0.0.0/8", "192.0.2.1/32"]);
    expect(text).toBe("ip saddr { 10.0.0.0-10.255.255.255, 192.0.2.1 }");
  });

  it("is empty when the ranges contain every address", () => {
    expect(addressMatch("ip saddr", ["10.0.0.0/8", "0.0.0.0/0"])).toBe("");
    expect(addressMatch("ip saddr", ["0.0.0.0/1", "128.0.0.0/1"])).toBe("");
  });

  it("is undefined without an IPv4 range", () => {
    expect(addressMatch("ip saddr", [])).toBeUndefined();
    expect(addressMatch("ip saddr", ["::/0", "2001:db8::/32"])).toBeUndefined();
  });
});

it("writes ports without overlap", () => {
  expect(portElements(["443", "80", "79-81", "8000-8010", "8005-8020"])).toEqual(["79-81", "443", "8000-8020"]);
});
