import * as pulumi from "@pulumi/pulumi";
import { rejoin } from "../../../components/targetPool";
import { instanceBody, LINK, REGION, TestCloud, ZONE } from "./harness";

let cloud: TestCloud;
const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
jest.spyOn(pulumi.log, "info").mockResolvedValue();

beforeEach(async () => {
  cloud = await TestCloud.start();
  warn.mockClear();
  pulumi.runtime.setAllConfig({ "gcp:computeCustomEndpoint": `${cloud.url}/compute/v1/`, "gcp:accessToken": "any" });
  await cloud.network();
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("a"));
});
afterEach(() => cloud.end());

const place = { name: "a", zone: "us-central1-a", project: "test-project" };
const pool = { name: "pool", region: "us-central1" };
const member = `${LINK}/zones/us-central1-a/instances/a`;
const members = async () => (await cloud.get(`${REGION}/targetPools/pool`)).body.instances;

test("a machine that Google dropped from its target pool when it was deleted goes back when it is made again", async () => {
  await cloud.change("POST", `${REGION}/targetPools`, { name: "pool", instances: [member] });
  await cloud.change("DELETE", `${ZONE}/instances/a`);
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("a"));
  expect(await members()).toBeUndefined();
  await rejoin(pool, place);
  expect(await members()).toEqual([member]);
  await rejoin(pool, place);
  expect(await members()).toEqual([member]);
  expect(warn).not.toHaveBeenCalled();
});

test("a pool that does not exist yet is left to the update that makes it", async () => {
  await rejoin(pool, place);
  expect(warn).not.toHaveBeenCalled();
});

test.each([
  ["that cannot be reached", "http://127.0.0.1:2/", /no answer from http:\/\/127.0.0.1:2: .*ECONNREFUSED/],
  ["that refuses", undefined, /'not_a_region'/],
])("an API %s is a warning that names the machine, the pool, the reason and the way out", async (_, url, reason) => {
  if (url) pulumi.runtime.setAllConfig({ "gcp:computeCustomEndpoint": url, "gcp:accessToken": "any" });
  await rejoin({ ...pool, region: url ? pool.region : "not_a_region" }, place);
  const [message] = warn.mock.calls[0]!;
  expect(message).toMatch(/^a may be missing from the target pool pool: .*\. pulumi up --refresh puts it back$/);
  expect(message).toMatch(reason);
});
