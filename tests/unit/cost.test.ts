import { readFileSync } from "fs";
import { join } from "path";
import { cost, table, withCost } from "../../tasks/docs/cost";
import { run } from "./run";

const small = {
  region: "us-central1",
  controllers: 3 as const,
  machineType: "e2-small",
  diskType: "pd-ssd",
  diskSizeGb: 10,
};

test("README.md has what `make cost` writes", () => {
  const page = readFileSync(join(__dirname, "../../README.md"), "utf8");
  expect(page).toBe(withCost(page));
});

test("machines, disks and addresses cost as many times as there are controllers, the front door once", () => {
  const usd = (controllers: 1 | 3) => Object.values(cost({ ...small, controllers })).map((item) => item.usd);
  const [one, three] = [usd(1), usd(3)];
  expect(one[0]).toBeCloseTo(12.23, 2);
  expect(one[1]).toBeCloseTo(1.7);
  expect(one[2]).toBeCloseTo(3.65);
  expect(three.map((each, i) => Math.round(each / one[i]!) || 0)).toEqual([3, 3, 3, 1, 0, 0]);
});

test("the last row is the sum of those above", () => {
  const cells = table({ small })
    .trim()
    .split("\n")
    .slice(2)
    .map((row) => row.split("|")[3]!.replace(/[* ]/g, ""));
  const [total, ...others] = cells.map(Number).reverse();
  expect(total).toBeCloseTo(
    others.reduce((sum, usd) => sum + usd, 0),
    1,
  );
});

test.each([
  [{ region: "europe-west1" }, "gcp:region europe-west1: tasks/docs/prices.ts has no price of it"],
  [{ machineType: "n9-mega" }, "hardway:machineType n9-mega"],
  [{ diskType: "pd-none" }, "hardway:diskType pd-none"],
])("%j has no price, and is not counted as nothing", (change, message) => {
  expect(() => cost({ ...small, ...change })).toThrow(message);
});

test("every kind of resource that Google charges for, or not, is in the table", async () => {
  const { mocks } = await run();
  const types = new Set(mocks.registered.map(({ type }) => type).filter((type) => type.startsWith("gcp:")));
  expect([...types].map((type) => type.split(":").pop()).sort()).toEqual([
    "Address",
    "Firewall",
    "ForwardingRule",
    "HttpHealthCheck",
    "Instance",
    "Network",
    "Subnetwork",
    "TargetPool",
  ]);
}, 60_000);
