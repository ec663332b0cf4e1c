import { cidrRange, contains, overlap } from "../../../lib/ipv4";
import { autoRange, regionOfZone, REGIONS, ZONES, zonesOf } from "../../../lib/regions";

test("a region's zones are its name and a letter", () => {
  expect(zonesOf("us-central1")).toEqual(["us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"]);
  expect(zonesOf("europe-west1")).toEqual(["europe-west1-b", "europe-west1-c", "europe-west1-d"]);
});

test.each(["mars-north1", "us-central1-a", "constructor", ""])("%j is not a region", (name) => {
  expect(zonesOf(name)).toBeUndefined();
  expect(autoRange(name)).toBeUndefined();
});

test("every zone belongs to the region whose zones it is listed among", () => {
  expect(new Set(ZONES).size).toBe(ZONES.length);
  for (const zone of ZONES) expect(zonesOf(regionOfZone(zone))).toContain(zone);
});

test("every region has its own /20 of 10.128.0.0/9, from which Google takes the ranges of auto mode networks", () => {
  const ranges = REGIONS.map((name) => cidrRange(autoRange(name)!));
  ranges.forEach((range, index) => {
    expect(range.prefix).toBe(20);
    expect(contains(cidrRange("10.128.0.0/9"), range)).toBe(true);
    for (const other of ranges.slice(0, index)) expect(overlap(range, other)).toBe(false);
  });
});

test("the two regions that Google added last have the ranges of its release notes", () => {
  expect(autoRange("northamerica-south1")).toBe("10.224.0.0/20");
  expect(autoRange("europe-north2")).toBe("10.226.0.0/20");
});
