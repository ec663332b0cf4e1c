import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { spawnSync } from "child_process";
import { driftScript } from "../../node/programs/drift";
import { library } from "../../node/render/script";
import type { StackOutputs } from "../../outputs";
import { controllers } from "./controllers";
import { Mocks } from "./mocks";
import { run } from "./run";

/** Changes on a machine that no step has made. */

const running: Partial<StackOutputs> = { network: "hardway-test", controllers, kubernetesVersion: "1.36.3" };

test("the step that a machine says was changed runs again, and no other", async () => {
  const seen = "seen 2026-11-28T12:00:00Z\n/etc/hardway/members was changed\n";
  const { mocks } = await run({}, new Mocks(running, [], { [controllers[1]!.instance]: { "drift-etcd": seen } }));
  const steps = mocks.registered.filter(({ type }) => type === "command:remote:Command");
  expect(
    Object.fromEntries(
      steps.filter(({ inputs }) => inputs.triggers).map(({ name, inputs }) => [name, inputs.triggers]),
    ),
  ).toEqual({
    "etcd-controller-1-step": [seen],
  });
});

describe("the script on the machine", () => {
  let root: string;
  const at = (path: string) => join(root, path);
  const file = (path: string, content: string, mode = 0o644) => {
    writeFileSync(at(path), content);
    chmodSync(at(path), mode);
  };
  const bash = (script: string) => {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout;
  };
  const here = (script: string) =>
    script
      .replace(/^(export LC_ALL=C PATH=)/m, `$1${at("bin")}:`)
      .replaceAll("/var/lib/hardway", at("state"))
      .replaceAll("/run/lock", at("."))
      .replaceAll("/etc/systemd/system", at("units"));
  const look = () => {
    rmSync(at("published"), { force: true });
    bash(here(driftScript()));
    try {
      return readFileSync(at("published"), "utf8").trim().split("\n");
    } catch {
      return [];
    }
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "hardway-drift-"));
    for (const each of ["bin", "state", "units"]) mkdirSync(at(each));
    file("etcd.service", "unit\n");
    file("key", "secret\n", 0o400);
    // Prints the state that the test has set; a file is sent with --data-binary @FILE.
    file(
      "bin/systemctl",
      `#!/bin/sh\ncat ${at("unit-")}$1 2>/dev/null || case $1 in is-enabled) echo enabled;; *) echo active; echo;; esac\n`,
      0o755,
    );
    file(
      "bin/curl",
      `#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in --request) echo "$2";; @*) cat "\${1#@}";; http*) echo "\${1##*/}";; esac; shift; done >>${at("published")}\n`,
      0o755,
    );
    // As a step ends.
    const step = here(library("step"));
    bash(
      `set -e; ${step}\nstep=etcd staged=(${at("etcd.service")} ${at("key")}); exec 9>${at("hardway-etcd")}; note_written etcd.service`,
    );
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("publishes nothing when nothing was changed", () => {
    expect(look()).toEqual([]);
  });

  test.each<[string, () => void, () => string]>([
    ["a file was changed", () => file("etcd.service", "edited\n"), () => `${at("etcd.service")} was changed`],
    ["a file is gone", () => rmSync(at("key")), () => `${at("key")} is gone`],
    [
      "a key can be read by everybody",
      () => chmodSync(at("key"), 0o444),
      () => `${at("key")} has another mode, owner or target`,
    ],
    [
      "a unit is disabled",
      () => file("unit-is-enabled", "disabled\n"),
      () => "etcd.service is disabled instead of enabled",
    ],
    ["a unit was stopped", () => file("unit-show", "inactive\n\n"), () => "etcd.service was stopped"],
    [
      "a drop-in changes a unit",
      () => {
        mkdirSync(at("units/etcd.service.d"));
        file("units/etcd.service.d/override.conf", "[Service]\n");
      },
      () => `${at("units/etcd.service.d/override.conf")} changes etcd.service`,
    ],
  ])("publishes once that %s, and takes it back when it is repaired", (_, change, words) => {
    change();
    expect(look()).toEqual(["PUT", expect.stringMatching(/^seen 20\d\d-/), words(), "drift-etcd"]);
    expect(look()).toEqual([]);
    file("etcd.service", "unit\n");
    rmSync(at("key"), { force: true });
    file("key", "secret\n", 0o400);
    for (const each of ["unit-is-enabled", "unit-show", "units/etcd.service.d"])
      rmSync(at(each), { recursive: true, force: true });
    expect(look()).toEqual(["DELETE", "drift-etcd"]);
  });

  test("says nothing of a unit that is about to start", () => {
    file("unit-show", "inactive\n4711\n");
    expect(look()).toEqual([]);
  });

  test("says nothing while a step changes the machine", () => {
    file("etcd.service", "half written\n");
    const held = `exec 8>${at("hardway-etcd")}; flock 8; bash -c '${here(driftScript()).replaceAll("'", `'\\''`)}'`;
    bash(held);
    expect(() => readFileSync(at("published"))).toThrow();
  });
});
