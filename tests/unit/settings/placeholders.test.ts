import { parseSettings } from "../../../config";
import { checkPlaceholders } from "../../../settings/placeholders";
import { Mocks } from "../mocks";
import { run } from "../run";
import { rawSettings } from "../settings";

const context = { project: "hardway", stack: "dev", region: "europe-west1" };
const problemsOf = (changes: Record<string, string[]>, endpoint?: string) =>
  checkPlaceholders(parseSettings(rawSettings(changes), context), endpoint).map(({ key, value }) => `${key} ${value}`);

test.each(["192.0.2.7/32", "198.51.100.0/24", "203.0.113.128/25"])("%s is a placeholder", (cidr) => {
  expect(problemsOf({ administratorCidrs: [cidr] })).toEqual([`administratorCidrs ${cidr}`]);
});

test("every placeholder of both lists is named", () => {
  const changes = { administratorCidrs: ["34.1.2.0/24", "198.51.100.16/29"], apiClientCidrs: ["203.0.113.0/28"] };
  expect(problemsOf(changes)).toEqual(["administratorCidrs 198.51.100.16/29", "apiClientCidrs 203.0.113.0/28"]);
});

test.each(["34.1.2.0/24", "10.0.0.0/8", "192.0.0.0/16"])("%s is not a placeholder", (cidr) => {
  expect(problemsOf({ administratorCidrs: [cidr], apiClientCidrs: ["0.0.0.0/0"] })).toEqual([]);
});

test("a cloud with an endpoint that is not Google's may use such ranges", () => {
  expect(problemsOf({ administratorCidrs: ["203.0.113.1/32"] }, "http://203.0.113.2:8080/compute/v1/")).toEqual([]);
});

describe("the program", () => {
  const REFUSED = /hardway:administratorCidrs must be a range that you work from, .*; got "198\.51\.100\.0\/24"/;
  afterEach(() => jest.restoreAllMocks());

  test("refuses them in an update, before it makes anything", async () => {
    const mocks = new Mocks();
    await expect(run({}, mocks, { preview: false, provider: {} })).rejects.toThrow(REFUSED);
    expect(mocks.registered.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
  });

  test("shows the plan with a warning in a preview", async () => {
    const warn = jest.spyOn(console, "warn").mockReturnValue();
    const { mocks } = await run({}, new Mocks(), { provider: {} });
    expect(mocks.of("gcp:compute/instance:Instance")).toHaveLength(3);
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(REFUSED));
  });
});
