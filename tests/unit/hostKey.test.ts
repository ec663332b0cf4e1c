import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout as wait } from "timers/promises";
import { compute } from "../../components/compute";
import { poll } from "../../components/hostKey";
import { looks } from "../../components/hostKeyPace";
import { GoogleError } from "../../lib/google";

jest.mock("../../components/compute", () => ({
  ...jest.requireActual<object>("../../components/compute"),
  compute: jest.fn(),
}));
jest.mock("timers/promises", () => ({ setTimeout: jest.fn(() => Promise.resolve()) }));
const attributes = jest.spyOn(gcp.compute, "getInstanceGuestAttributes");
const instance = jest.spyOn(gcp.compute, "getInstance");
const ask = jest.mocked(compute);
const place = { name: "test-controller-0", zone: "europe-west1-b", project: "p" };

type Attributes = Awaited<ReturnType<typeof gcp.compute.getInstanceGuestAttributes>>;
type Instance = Awaited<ReturnType<typeof gcp.compute.getInstance>>;

/** Google's provider answers so when there are no attributes, and when it may not read them. */
const nothing = {} as Attributes;
const key = { queryValues: [{ key: "ecdsa-sha2-nistp256", namespace: "hostkeys", value: "AAAA" }] } as Attributes;

beforeEach(() => {
  jest.clearAllMocks();
  attributes.mockReset();
  attributes.mockResolvedValue(nothing);
  instance.mockResolvedValue({ currentStatus: "RUNNING" } as Instance);
  ask.mockResolvedValue(undefined);
});

/** The times of the first looks, in seconds. */
function times(age: number, count = 60): number[] {
  let now = 0;
  const found: number[] = [];
  for (const pause of looks(age)) {
    found.push((now += pause) / 1000);
    if (found.length === count) break;
  }
  return found;
}

test.each([NaN, -1e9, 0, 300, 1000, 4000, 15_000, 60_000, 1e9])(
  "a machine of an age of %d ms is looked at 9 times a minute and 3 times a second at most",
  (age) => {
    const all = times(age);
    const within = (start: number, seconds: number) => all.filter((t) => t >= start && t < start + seconds).length;
    expect(Math.max(...all.map((t) => within(t, 60)))).toBeLessThanOrEqual(9);
    expect(Math.max(...all.map((t) => within(t, 1)))).toBeLessThanOrEqual(3);
  },
);

test("a cloud that is slow to make machines, as Google, is asked after 15 s, and then every 7 s", () => {
  expect(times(20_000, 4)).toEqual([15, 22, 29, 36]);
});

test("a cloud that is quick to make machines is asked soon, and less and less often", () => {
  expect(times(800, 4)).toEqual([0.8, 1.6, 2.8, 4.6]);
});

test.each([NaN, 3_600_000])("a machine that may have booted long ago (age %d) is asked at once", (age) => {
  expect(times(age, 2)).toEqual([0, 7]);
});

test("the key is returned with its type as soon as it is there, and the status is asked for at every fourth look only", async () => {
  for (let look = 0; look < 9; look += 1) attributes.mockResolvedValueOnce(nothing);
  attributes.mockResolvedValueOnce(key);
  expect(await poll(place, 1000)).toBe("ecdsa-sha2-nistp256 AAAA");
  expect(attributes).toHaveBeenCalledTimes(10);
  expect(instance).toHaveBeenCalledTimes(3);
  expect(ask).toHaveBeenCalledTimes(1);
});

test("a machine that is gone is an error at once, in a preview too", async () => {
  attributes.mockRejectedValue(new Error("Instance test-controller-0 not found"));
  instance.mockRejectedValue(new Error("googleapi: Error 404: not found"));
  await expect(poll(place, NaN)).rejects.toThrow("test-controller-0 in europe-west1-b is gone");
  expect(attributes).toHaveBeenCalledTimes(1);
});

test.each([
  [412, "Constraint constraints/compute.disableGuestAttributesAccess violated for project p."],
  [403, "Required 'compute.instances.getGuestAttributes' permission for 'projects/p/zones/z/instances/i'"],
])(
  "guest attributes that Google refuses to tell (HTTP %i) are an error at once, with Google's reason",
  async (status, reason) => {
    ask.mockRejectedValue(new GoogleError(status, reason));
    await expect(poll(place, NaN)).rejects.toThrow(
      `Google refuses to tell the guest attributes of test-controller-0, in which its SSH host key is: ${reason} `,
    );
    expect(attributes).toHaveBeenCalledTimes(1);
  },
);

test.each([
  ["too many queries", new GoogleError(403, "Quota exceeded", "rateLimitExceeded")],
  ["a failing API", new GoogleError(503, "Backend Error")],
  ["an API that cannot be reached", new GoogleError(undefined, "no answer")],
])("%s fail nothing", async (_, error) => {
  ask.mockRejectedValue(error);
  attributes.mockResolvedValueOnce(nothing).mockResolvedValueOnce(key);
  expect(await poll(place, 1000)).toBe("ecdsa-sha2-nistp256 AAAA");
});

test("a machine that never publishes its key is an error after five minutes, which names it and what to look at", async () => {
  await expect(poll(place, 1000)).rejects.toThrow(
    /^test-controller-0 published no SSH host key of type ecdsa-sha2-nistp256 within 5 minutes .*guest agent.*get-serial-port-output test-controller-0 --zone europe-west1-b$/,
  );
  const waited = jest.mocked(wait).mock.calls.reduce((sum, [ms]) => sum + ms!, 0);
  expect(waited).toBeGreaterThan(300_000);
  expect(waited).toBeLessThan(310_000);
  await pulumi.runtime.disconnect();
});
