import { runChecks } from "../../../verify/run";
import { checks } from "../../../verify/verify";
import { api } from "./broken/api";
import { backups } from "./broken/backups";
import { certificates } from "./broken/certificates";
import { etcd } from "./broken/etcd";
import { machines } from "./broken/machines";
import { FakeStack } from "./fakeStack";

/** What each check that fails saw. A single look, as after the bound is over. */
async function failures(stack: FakeStack): Promise<Record<string, string>> {
  const results = await runChecks(checks, stack.context, { boundMs: 0 });
  return Object.fromEntries(results.filter(({ ok }) => !ok).map(({ name, seen }) => [name, seen]));
}

test("a healthy stack passes every check, and the table says what was seen", async () => {
  const results = await runChecks(checks, new FakeStack().context);
  expect(results.map(({ name, ok, seen }) => [name, ok, seen])).toEqual([
    ["SSH reaches every controller", true, "3 of 3"],
    ["units active on every controller", true, "7 of 7 on each of 3"],
    ["etcd: every member healthy, one leader", true, "3 members, 3 healthy, 1 leader, v3.7.3"],
    ["/healthz through nginx on every controller", true, "ok, HTTP 200, on 3"],
    ["/version through the front door, CA checked", true, "v1.36.3 linux/amd64 at https://203.0.113.130:6443"],
    ["front door reaches every controller", true, "connections: controller-0 2, controller-1 2, controller-2 2"],
    ["certificates: usages, SANs, days left", true, "18 on each of 3, the first ends in 363 days"],
    [
      "a Secret is unreadable in etcd",
      true,
      "26 bytes in etcd behind k8s:enc:secretbox:v1:, through each of 3, read back",
    ],
    ["anonymous requests refused", true, "HTTP 401 on 4 of 4 paths, on each of 3"],
    ["only 6443 serves the API; nothing else is open", true, "open on each of 3: 22, 80, 2379, 2380, 6443"],
    ["leader leases held", true, "kube-controller-manager: controller-2, kube-scheduler: controller-0"],
    ["kubelet RBAC: can-i, yes and no", true, "kube-apiserver-kubelet-client: 5 times yes, 4 times no"],
    ["audit log written on every controller", true, "178 KiB, 178 KiB, 178 KiB"],
    ["etcd backed up on every controller", true, "the oldest of the last is 1 h 25 min old, every 6 h"],
  ]);
});

const BROKEN = Object.entries({ ...machines, ...etcd, ...api, ...certificates, ...backups }).flatMap(([check, cases]) =>
  cases.map(([what, damage, words]) => ({ check, what, damage, words })),
);

test.each(BROKEN)("$what: $check: fails alone, and says so", async ({ check, damage, words }) => {
  const stack = new FakeStack();
  damage(stack);
  expect(await failures(stack)).toEqual({ [check]: words });
});

test("every check has been seen failing", () => {
  const failing = new Set([...BROKEN.map(({ check }) => check), "/version through the front door, CA checked"]);
  expect([...failing].sort()).toEqual(checks.map(({ name }) => name).sort());
});

test("a leaf with more than a week left passes, and so does an authority with more than 30 days", async () => {
  const stack = new FakeStack();
  stack.leaf("scheduler", { left: 7.04, age: 357.96 });
  stack.authority("/etc/etcd/pki/ca.crt", { left: 30.04, age: 3619.96 });
  expect(await failures(stack)).toEqual({});
});

test("another version is seen on every controller that serves it", async () => {
  const stack = new FakeStack();
  for (const each of stack.machines) each.version = "v1.35.4";
  const { "/version through the front door, CA checked": version, ...rest } = await failures(stack);
  expect(version).toBe("v1.35.4, expected v1.36.3: make up installs it");
  expect(Object.keys(rest)).toEqual(["front door reaches every controller"]);
  stack.machines[0].version = stack.machines[2].version = "v1.36.3";
  expect((await failures(stack))["front door reaches every controller"]).toBe(
    "controller-1 serves v1.35.4, expected v1.36.3: make up installs it",
  );
});

const API_CHECKS = [
  "/version through the front door, CA checked",
  "front door reaches every controller",
  "a Secret is unreadable in etcd",
  "anonymous requests refused",
  "leader leases held",
  "kubelet RBAC: can-i, yes and no",
];

test("no API server answers: every check of the API says so, and one of them says what to do", async () => {
  const stack = new FakeStack();
  stack.apiFails = new Error("https://203.0.113.130:6443: connect ECONNREFUSED");
  const seen = await failures(stack);
  expect(Object.keys(seen)).toEqual(API_CHECKS);
  expect(new Set(Object.values(seen))).toEqual(
    new Set([
      "https://203.0.113.130:6443: connect ECONNREFUSED",
      "https://203.0.113.130:6443: connect ECONNREFUSED. Is your address in apiClientCidrs, and is kube-apiserver active on a controller?",
    ]),
  );
});

test("the API refuses the administrator: its words are shown without the JSON around them", async () => {
  const stack = new FakeStack();
  stack.apiFails = { status: 401, body: '{"kind":"Status","message":"Unauthorized","code":401}', serverNames: [] };
  const seen = await failures(stack);
  // An anonymous request is refused, as it must be.
  expect(Object.keys(seen)).toEqual(API_CHECKS.filter((name) => name !== "anonymous requests refused"));
  for (const words of Object.values(seen)) expect(words).toMatch(/^(GET|POST) \S+: HTTP 401: Unauthorized(\.|$)/);
});

test("a Secret is written through the controllers that the front door reaches, and the others are named", async () => {
  const stack = new FakeStack();
  stack.machines[2].inPool = false;
  const results = await runChecks(checks, stack.context, { boundMs: 0 });
  expect(results.find(({ name }) => name === "a Secret is unreadable in etcd")).toMatchObject({
    ok: true,
    seen: "26 bytes in etcd behind k8s:enc:secretbox:v1:, through each of 2, read back; not through controller-2",
  });
  // Nothing is left behind.
  expect(stack.secrets.size).toBe(0);
});

test("Secrets that an interrupted verify left are deleted, and those of another that runs now are not", async () => {
  const stack = new FakeStack();
  const leave = (name: string, mark: string, minutes: number) =>
    stack.secrets.set(name, {
      labels: { "hardway-verify": mark },
      data: { canary: "" },
      creationTimestamp: new Date(Date.now() - minutes * 60_000).toISOString(),
    });
  leave("old", "a1", 11);
  leave("young", "b2", 1);
  expect(await failures(stack)).toEqual({});
  expect([...stack.secrets.keys()]).toEqual(["young"]);
});

test.each<[string, (stack: FakeStack) => unknown, string]>([
  [
    "a new stack",
    ({ machines }) => machines.forEach((m) => Object.assign(m.backups, { age: undefined, kept: 0, watching: 60 })),
    "the first is due within 1 h 30 min on 3 of 3, then every 6 h",
  ],
  [
    "a new machine",
    ({ machines }) => Object.assign(machines[1].backups, { age: undefined, kept: 0, watching: 60 }),
    "the oldest of the last is 1 h 25 min old, every 6 h; the first is due within 1 h 30 min on 1 of 3",
  ],
  [
    "a machine that was off for days",
    ({ machines }) => Object.assign(machines[1].backups, { age: 400_000, watching: 60 }),
    "the oldest of the last is 111 h 6 min old, every 6 h",
  ],
])("the backups of %s are still on their way, and the check says so", async (_, change, words) => {
  const stack = new FakeStack();
  change(stack);
  const results = await runChecks(checks, stack.context, { boundMs: 0 });
  expect(results.find(({ name }) => name === "etcd backed up on every controller")).toMatchObject({
    ok: true,
    seen: words,
  });
});
