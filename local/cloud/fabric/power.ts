/** Asks a machine to stop by itself, as its power button does. */

import { initOf } from "./container";
import { isAlive, sendSignal, waitFor, type ProcessIdentity } from "../../../lib/processes";

const CLEAN_STOP_MILLISECONDS = 20_000;
const SIGNAL_AGAIN_MILLISECONDS = 1_000;
/** systemd's own signal for poweroff: SIGRTMIN+4, whose number is glibc's. */
const POWEROFF_SIGNAL = 34 + 4;

/** Resolves when the machine has stopped, or has not within 20 seconds. */
export async function powerOff(machine: ProcessIdentity): Promise<void> {
  const end = performance.now() + CLEAN_STOP_MILLISECONDS;
  // An init that has only just started does not listen yet, so the signal is sent again until it is heard.
  while (isAlive(machine) && performance.now() < end) {
    const init = initOf(machine);
    if (init !== undefined) sendSignal(init, POWEROFF_SIGNAL);
    await waitFor(() => !isAlive(machine), Math.min(SIGNAL_AGAIN_MILLISECONDS, end - performance.now()));
  }
}
