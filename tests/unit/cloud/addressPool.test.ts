import fc from "fast-check";
import { isUsable } from "../../../local/cloud/api/addressPool";

test("the first two and the last two addresses of a subnetwork are not for instances", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), (host) => {
      expect(isUsable("10.240.0.0/24", `10.240.0.${host}`)).toBe(![0, 1, 254, 255].includes(host));
    }),
  );
});
