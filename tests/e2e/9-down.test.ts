import { spawn } from "child_process";
import { existsSync, readFileSync } from "fs";
import { join } from "path";
import { stateDirectory } from "../../lib/directories";
import { output } from "../../lib/process";
import { Ssh } from "../../lib/ssh";
import { checkout, made, make, stackOutputs, until } from "./support";

/** The lines of a program's output that match. */
const lines = async (pattern: RegExp, program: string, ...args: string[]) =>
  (await output(program, args)).split("\n").filter((line) => pattern.test(line));

/** Running processes, without zombies, which have ended and wait for init. */
const processes = async (pattern: RegExp) =>
  (await lines(pattern, "ps", "-eo", "stat,args")).filter((line) => !line.startsWith("Z"));

const namespaces = () => lines(/^hw-/, "ip", "netns", "list");

/** Everything on this host that a local stack makes. */
async function left(): Promise<string[]> {
  return [
    ...(await namespaces()),
    ...(await lines(/^hw-/, "ip", "-brief", "link")),
    ...(await lines(/203\.0\.113\./, "ip", "route")).filter((route) => route.includes("hw-")),
    ...(await processes(/systemd-nspawn|local\/cloud\/daemon|hardway\/(engine|pulumi)\//)),
    ...readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes("hardway") || line.includes("/hw-")),
    ...[join(stateDirectory(), "cloud")].filter(existsSync),
  ];
}

test("make down leaves no process, mount, namespace, link, route or disk", async () => {
  expect(await left()).not.toEqual([]);
  // No API answers, so that it cannot delete its own objects.
  const { controllers, ssh: access } = await stackOutputs();
  const ssh = new Ssh(access);
  for (const controller of controllers) await ssh.run(controller, "sudo systemctl stop kube-apiserver");
  await ssh.close();
  expect(await made("down")).not.toContain("pulumi destroy failed");
  expect(await left()).toEqual([]);
}, 300_000);

test("a second make down succeeds", async () => {
  await made("down");
});

test("verify and kubectl say what to run when no stack is up", async () => {
  for (const target of ["verify", "kubectl"]) {
    const { code, stderr } = await make(target);
    expect(code).not.toBe(0);
    expect(stderr).toContain("run: make up STACK=local");
  }
});

test("make down removes what a killed make up leaves", async () => {
  const killed = spawn("make", ["--no-print-directory", "up"], { cwd: checkout, detached: true, stdio: "ignore" });
  const ended = new Promise((resolve) => killed.once("close", resolve));
  await until("there is a machine", 120, async () => (await namespaces()).some((line) => line.startsWith("hw-vm-")));
  process.kill(-killed.pid!, "SIGKILL");
  await ended;
  await made("down");
  expect(await left()).toEqual([]);
}, 300_000);
