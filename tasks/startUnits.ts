import { setTimeout as wait } from "timers/promises";
import { Ssh } from "../lib/ssh";
import { residentUnits } from "../node/layout";
import { ControllerOutput } from "../outputs";
import { readOutputs, Stack } from "./stack";

/** A machine that was just started answers within this time. */
const BOOT_MS = 2 * 60_000;
const PAUSE_MS = 1000;
/** The exit code with which ssh reports its own errors. */
const SSH_FAILED = 255;

/**
 * Starts every unit that does not run, and says so. The engine cannot: it runs no step whose inputs are unchanged. The checks
 * after it tell whether the units came up. Leaves out machines that SSH does not reach, because the checks name them; with
 * `booting`, waits for them first.
 */
export async function startUnits(stack: Stack, booting: boolean): Promise<void> {
  const outputs = await readOutputs(stack);
  const ssh = new Ssh(outputs.ssh);
  const deadline = Date.now() + (booting ? BOOT_MS : 0);
  try {
    await Promise.all(outputs.controllers.map((controller) => startOn(ssh, controller, deadline)));
  } finally {
    await ssh.close();
  }
}

async function startOn(ssh: Ssh, controller: ControllerOutput, deadline: number): Promise<void> {
  for (;;) {
    // A rejection: ssh took too long.
    const { code, stdout } = await ssh.run(controller, startCommand).catch(() => ({ code: SSH_FAILED, stdout: "" }));
    const lines = stdout.split("\n").filter(Boolean);
    for (const line of lines) console.log(`${controller.name}: ${line}. This run starts it.`);
    if (code !== SSH_FAILED || Date.now() > deadline) return;
    await wait(PAUSE_MS);
  }
}

/** Prints a line for each unit that is not active, and starts it. Does not wait for it. */
const startCommand = residentUnits
  .map(
    (unit) =>
      `state=$(systemctl is-active ${unit}) || { echo "${unit} is $state"; sudo systemctl start --no-block ${unit}; }`,
  )
  .join("; ");
