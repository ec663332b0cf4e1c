import { spawnSync } from "child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { DRAIN } from "../../../components/workers/draining";

let scratch: string;
beforeEach(() => void (scratch = mkdtempSync(join(tmpdir(), "hardway-drain-"))));
afterEach(() => rmSync(scratch, { recursive: true }));

interface Cluster {
  /** Shell code for each kubectl command that the script uses. Default: an API that works, with another worker. */
  readyz?: string;
  ready?: string;
  unschedulable?: string;
  others?: string;
  drain?: string;
}

/** Runs the script with a kubectl that answers as the cluster does. Returns what kubectl was told to do, and what the script said. */
function drain(cluster: Cluster, seconds = 300) {
  const answers = {
    readyz: "echo ok",
    ready: "printf True",
    unschedulable: "true",
    others: "printf worker-1",
    drain: "true",
  };
  const { readyz, ready, unschedulable, others, drain: draining } = { ...answers, ...cluster };
  const kubectl = `#!/bin/bash
shift 4
case "$*" in
  *readyz*) ${readyz} ;;
  "get nodes "*) ${others} ;;
  "get node "*'eq .type "Ready"'*) ${ready} ;;
  "get node "*unschedulable*) ${unschedulable} ;;
  "drain "*) echo drain >>${scratch}/log; ${draining} ;;
  *) echo "\${*:1:2}" >>${scratch}/log ;;
esac
`;
  writeFileSync(join(scratch, "kubectl"), kubectl);
  chmodSync(join(scratch, "kubectl"), 0o755);
  const { status, stderr } = spawnSync("bash", ["-c", DRAIN], {
    env: { HOME: scratch, PATH: `${scratch}:${process.env.PATH}`, NODE: "worker-0", DRAIN_SECONDS: String(seconds) },
    input: "a kubeconfig",
    encoding: "utf8",
    timeout: 20_000,
  });
  const log = join(scratch, "log");
  return { status, stderr, did: existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [] };
}

test("a worker is marked, closed and drained", () => {
  expect(drain({})).toMatchObject({ status: 0, did: ["annotate node", "cordon worker-0", "drain"] });
});

test("a worker that a person has closed is drained, and stays that person's", () => {
  expect(drain({ unschedulable: "printf true" })).toMatchObject({ status: 0, did: ["drain"] });
});

test.each([
  ["a Node that does not exist", { ready: "true" }],
  ["a Node that is not Ready", { ready: "printf Unknown" }],
])("%s is left alone", (_, cluster) => {
  expect(drain(cluster)).toMatchObject({ status: 0, did: [] });
});

test("without an API nothing waits", () => {
  const { status, stderr, did } = drain({ readyz: "false" });
  expect({ status, stderr, did }).toEqual({
    status: 0,
    stderr: "the API does not answer, so worker-0 is not drained\n",
    did: [],
  });
});

test("Pods that no other worker can take end with their worker", () => {
  expect(drain({ others: "true" })).toMatchObject({ status: 0, did: ["annotate node", "cordon worker-0"] });
});

test("a drain that a disruption budget holds up is tried again", () => {
  const twice = `[ -e ${"$0"}.tried ] || { : >${"$0"}.tried; exit 1; }`;
  expect(drain({ drain: twice })).toMatchObject({
    status: 0,
    did: ["annotate node", "cordon worker-0", "drain", "drain"],
  });
});

test("when time is over, the error says what holds the Pods and how to go on", () => {
  const { status, stderr } = drain({ drain: "echo error when evicting pods/web-0; exit 1" }, 0);
  expect(status).toBe(1);
  expect(stderr).toContain("error when evicting pods/web-0");
  expect(stderr).toMatch(/worker-0 still has Pods after 0 s, so its machine was not touched.*workers:drainSeconds/);
});
