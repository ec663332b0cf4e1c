import { chooseVersions, offers } from "../../../settings/versions";

const old = { kubernetesVersion: "1.36.1", etcdVersion: "3.6.16" };
const newest = { kubernetesVersion: "1.37.2", etcdVersion: "3.7.3" };
const unnamed = { kubernetesVersion: "", etcdVersion: "" };

test.each([
  ["that the settings name, on a running stack", newest, old, newest],
  ["that the settings name, on a new stack", old, {}, old],
  ["that it runs, where the settings name none", unnamed, old, old],
  ["that it runs, where the settings are missing", {}, old, old],
  ["that are newest, on a new stack", unnamed, {}, newest],
  [
    "that it runs for one program, and the named one for the other",
    { ...unnamed, etcdVersion: "3.7.3" },
    old,
    { ...old, etcdVersion: "3.7.3" },
  ],
])("a stack gets the versions %s", (_, named, running, expected) => {
  expect(chooseVersions(named, running)).toEqual(expected);
});

test("a stack whose settings name no version is told what it stays on, and the newest version one minor further", () => {
  expect(offers(unnamed, old)).toEqual([
    "Kubernetes stays on 1.36.1, which runs, because the settings name no version. " +
      "This program also has 1.37.2: pulumi config set kubernetesVersion 1.37.2 (docs/upgrade.md)",
    "etcd stays on 3.6.16, which runs, because the settings name no version. " +
      "This program also has 3.7.3: pulumi config set etcdVersion 3.7.3 (docs/upgrade.md)",
  ]);
});

test("a newer patch of the last minor is offered", () => {
  expect(offers(unnamed, { ...newest, kubernetesVersion: "1.37.1" })).toEqual([expect.stringContaining("1.37.2:")]);
});

test.each<[string, Partial<typeof old>, Partial<typeof old>]>([
  ["a new stack", unnamed, {}],
  ["a stack that runs the newest versions", unnamed, newest],
  ["a stack that runs newer patches than this program knows", unnamed, { ...newest, kubernetesVersion: "1.37.10" }],
  ["a stack whose settings name its versions", old, old],
  ["a stack that runs a minor that this program does not know", unnamed, { kubernetesVersion: "1.35.9" }],
])("nothing is offered to %s", (_, named, running) => {
  expect(offers(named, running)).toEqual([]);
});
