import { existsSync, readFileSync } from "fs";
import { join } from "path";
import { stateDirectory } from "../../tasks/directories";
import { output } from "../../tasks/process";
import { made, make } from "./support";

const namespaces = async () =>
  (await output("ip", ["netns", "list"])).split("\n").filter((line) => line.startsWith("hw-"));
const links = async () => (await output("ip", ["-brief", "link"])).split("\n").filter((line) => line.startsWith("hw-"));
const mounts = () =>
  readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .filter((line) => line.includes("hardway") || line.includes("/hw-"));
const processes = async () =>
  (await output("ps", ["-eo", "args"])).split("\n").filter((line) => /systemd-nspawn|local\/cloud\/daemon/.test(line));

test(
  "make down leaves nothing: no process, mount, namespace, link or disk",
  async () => {
    expect(await namespaces()).not.toEqual([]);
    await made("down", {}, 5 * 60_000);
    expect(await namespaces()).toEqual([]);
    expect(await links()).toEqual([]);
    expect(mounts()).toEqual([]);
    expect(await processes()).toEqual([]);
    expect(existsSync(join(stateDirectory(), "cloud", "machines"))).toBe(false);
  },
  6 * 60_000,
);

test("make down again is fine", async () => {
  await made("down");
});

test("with nothing up, verify and kubectl say what to run", async () => {
  for (const target of ["verify", "kubectl"]) {
    const { code, stderr } = await make(target);
    expect(code).not.toBe(0);
    expect(stderr).toContain("run: make up STACK=local");
  }
});
