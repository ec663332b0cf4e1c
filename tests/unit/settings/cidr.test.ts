import fc from "fast-check";
import { toNumber, toText } from "../../../lib/ipv4";
import { NO_RANGE, rangeProblem } from "../../../settings/cidr";

const address = fc.ipV4();
const prefix = fc.integer({ min: 0, max: 32 });

test("accepts a range without host bits; for one with host bits, suggests the range around it", () => {
  fc.assert(
    fc.property(address, prefix, (text, bits) => {
      const size = 2 ** (32 - bits);
      const network = toText(Math.floor(toNumber(text) / size) * size);
      const hint = `must have no bits set after the first ${bits}; did you mean ${network}/${bits}?`;
      expect(rangeProblem(`${text}/${bits}`)).toBe(network === text ? undefined : hint);
      expect(rangeProblem(`${network}/${bits}`)).toBeUndefined();
    }),
  );
});

test.each(["10.0.0.0", "10.0.0/8", "10.0.0.0/33", "010.0.0.0/8", "10.0.0.0/08", "::/0", "256.0.0.0/8", ""])(
  "refuses %j, with an example of a range",
  (text) => expect(rangeProblem(text)).toBe(NO_RANGE),
);
