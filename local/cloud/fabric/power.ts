/** Shuts a machine down, as its power button does. */

import { initOf } from "./container";
import { isAlive, sendSignal, waitFor, type ProcessIdentity } from "../../../lib/processes";

const CLEAN_STOP_MILLISECONDS = 20_000;
const SIGNAL_AGAIN_MILLISECONDS = 1_000;
/** systemd's signal for poweroff: SIGRTMIN+4, by glibc's numbers. */
const POWEROFF_SIGNAL = 34 + 4;

/** Resolves when the machine has stopped, and at the latest after 20 s. */
export async function powerOff(machine: ProcessIdentity): Promise<void> {
  const end = performance.now() + CLEAN_STOP_MILLISECONDS;
  // An init that has just started ignores the signal, so it is sent again every second.
  while (isAlive(machine) && performance.now() < end) {
    const init = initOf(machine);
    if (init !== undefined) sendSignal(init, POWEROFF_SIGNAL);
    await waitFor(() => !isAlive(machine), Math.min(SIGNAL_AGAIN_MILLISECONDS, end - performance.now()));
  }
}
