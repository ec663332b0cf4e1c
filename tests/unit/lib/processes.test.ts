import { spawn } from "node:child_process";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import {
  childrenOf,
  commandName,
  identify,
  isAlive,
  processes,
  processIds,
  sendSignal,
  waitFor,
} from "../../../lib/processes";

test("a process is not mistaken for a later one with its number", () => {
  const self = identify(process.pid)!;
  expect(isAlive(self)).toBe(true);
  expect(isAlive({ ...self, startTime: self.startTime - 1 })).toBe(false);
  expect(identify(2 ** 22 + 1)).toBeUndefined();
});

test("a child is found with its name, its parent and its program, until it ends", async () => {
  const child = spawn("sleep", ["1000"]);
  const closed = once(child, "close");
  await once(child, "spawn");
  const found = identify(child.pid!)!;
  expect(await waitFor(() => commandName(found.pid) === "sleep", 10_000)).toBe(true);
  expect(childrenOf(process.pid)).toContain(found.pid);
  expect(processIds()).toContain(found.pid);
  const seen = processes().find(({ pid }) => pid === found.pid);
  expect(seen).toEqual({ pid: found.pid, parent: process.pid, program: expect.stringMatching(/\/[^ ]+$/) as string });
  expect(processes()).toContainEqual(expect.objectContaining({ program: realpathSync(process.execPath) }));
  sendSignal(found.pid, "SIGKILL");
  expect((await closed)[1]).toBe("SIGKILL");
  expect(() => sendSignal(found.pid, "SIGKILL")).not.toThrow();
  expect(isAlive(found)).toBe(false);
  expect(processIds()).not.toContain(found.pid);
});

test("a zombie is not alive", async () => {
  // The shell's child ends at once, and exec replaces the shell by a program that never collects it.
  const parent = spawn("sh", ["-c", "sleep 0 & exec sleep 1000"]);
  const closed = once(parent, "close");
  const zombie = () =>
    childrenOf(parent.pid!).find((pid) => processes().some((one) => one.pid === pid && !one.program));
  expect(await waitFor(() => zombie() !== undefined, 10_000)).toBe(true);
  expect(isAlive(identify(zombie()!)!)).toBe(false);
  parent.kill("SIGKILL");
  await closed;
});

test("waitFor tells whether the condition came to hold in time", async () => {
  let looks = 0;
  expect(await waitFor(() => ++looks === 3, 10_000)).toBe(true);
  expect(looks).toBe(3);
  expect(await waitFor(() => Promise.resolve(false), 0)).toBe(false);
});
