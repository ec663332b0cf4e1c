import { readFileSync } from "fs";
import { join } from "path";
import { cost, IN_TABLE, NOT_IN_TABLE, table, withCost } from "../../tasks/docs/cost";
import { prices, SOURCES } from "../../tasks/docs/prices";
import { run } from "./run";

const small = {
  region: "us-central1",
  controllers: 3 as const,
  machineType: "e2-small",
  diskType: "pd-ssd",
  diskSizeGb: 10,
};

test("docs/google-cloud.md has what `make cost` writes", () => {
  const page = readFileSync(join(__dirname, "../../docs/google-cloud.md"), "utf8");
  expect(page).toBe(withCost(page));
});

test("every source has a date, which the page shows", () => {
  const page = withCost("<!-- cost -->\n<!-- /cost -->");
  for (const { url, date } of Object.values(SOURCES)) {
    expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(page).toContain(`(${url}) of ${date}`);
  }
});

// The source has this price of the whole machine type too, beside those of a processor and of memory.
test("an hour of an e2-small costs what the source says", () =>
  expect(prices["us-central1"]!.machine["e2-small"]).toBeCloseTo(0.016752855, 9));

test("machines, disks and addresses cost as many times as there are controllers, the forwarding rule once", () => {
  const usd = (controllers: 1 | 3) => Object.values(cost({ ...small, controllers })).map((item) => item.usd);
  const [one, three] = [usd(1), usd(3)];
  expect(one[0]).toBeCloseTo(12.23, 2);
  expect(one[1]).toBeCloseTo(1.7);
  expect(one[2]).toBeCloseTo(3.65);
  expect(one[3]).toBeCloseTo(18.25);
  expect(three.map((each, i) => each / one[i]!)).toEqual([3, 3, 3, 1].map((times) => expect.closeTo(times) as number));
});

test("the last row is the sum of the rows above", () => {
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
  [{ region: "europe-west1" }, "gcp:region europe-west1 has no price; add it to tasks/docs/prices.ts, with its source"],
  [{ machineType: "n9-mega" }, "hardway:machineType n9-mega has no price"],
  [{ diskType: "pd-none" }, "hardway:diskType pd-none has no price"],
])("%j without a price is an error", (change, message) => {
  expect(() => cost({ ...small, ...change })).toThrow(message);
});

test("every kind of resource that the program makes in Google Cloud is in the table or named below it", async () => {
  const { mocks } = await run();
  const types = mocks.registered.map(({ type }) => type).filter((type) => type.startsWith("gcp:"));
  const kinds = new Set(types.map((type) => type.split(":").pop()!));
  expect([...kinds].sort()).toEqual([...IN_TABLE, ...Object.keys(NOT_IN_TABLE)].sort());
}, 60_000);
