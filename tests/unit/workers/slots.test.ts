import { addressOf, assignSlots, podCidrOf, slotCount } from "../../../workers/slots";

const ranges = { subnetCidr: "10.240.16.0/20", podCidr: "10.200.0.0/16" };
const assign = (names: string[], before: Record<string, number> = {}, count = 6) =>
  Object.fromEntries(assignSlots(names, new Map(Object.entries(before)), count));

test("new workers get the lowest slots, in their order", () => {
  expect(assign(["a-0", "a-1", "b-0"])).toEqual({ "a-0": 0, "a-1": 1, "b-0": 2 });
});

test("a worker keeps its slot when another group grows before it", () => {
  expect(assign(["a-0", "a-1", "b-0"], { "a-0": 0, "b-0": 1 })).toEqual({ "a-0": 0, "a-1": 2, "b-0": 1 });
});

test("the slot of a leaving worker is the last choice", () => {
  expect(assign(["a-0", "b-0"], { "a-0": 0, "a-1": 1 })).toEqual({ "a-0": 0, "b-0": 2 });
  expect(assign(["b-0"], { "a-0": 0 }, 1)).toEqual({ "b-0": 0 });
});

test("a slot gives an address and a range of Pods", () => {
  expect(addressOf(0, ranges)).toBe("10.240.16.10");
  expect(podCidrOf(0, ranges)).toBe("10.200.0.0/24");
  expect(podCidrOf(255, ranges)).toBe("10.200.255.0/24");
});

test("there are as many slots as the smaller of both ranges has", () => {
  expect(slotCount(ranges)).toBe(256);
  expect(slotCount({ ...ranges, subnetCidr: "10.240.16.0/26" })).toBe(52);
  expect(slotCount({ ...ranges, podCidr: "10.200.0.0/24" })).toBe(1);
  expect(slotCount({ ...ranges, subnetCidr: "10.240.16.0/29" })).toBe(0);
});
