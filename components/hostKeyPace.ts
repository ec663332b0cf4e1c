/**
 * Google allows 10 queries a minute and 3 a second for the guest attributes of a machine. Beyond that it may drop attributes
 * that are being written: https://cloud.google.com/compute/docs/metadata/manage-guest-attributes#limitations. One is for the
 * question why there are none.
 */
const MINUTE_MS = 60_000;
const LOOKS_A_MINUTE = 9;
/** A cloud that takes this long to make a machine, or longer, also takes long to boot it. */
const SLOWEST_FIRST_MS = 15_000;
const LONGEST_PAUSE_MS = 7_000;
const SHORTEST_PAUSE_MS = 500;
/** A machine of this age has booted, so its key is there or will not come. */
const BOOTED_MS = 2 * MINUTE_MS;

/**
 * How long to wait before each look for a host key, in milliseconds, without end. `age` is the time since the machine's
 * creation was asked for, when the cloud says that it runs. A quick cloud boots machines quickly too, so the first look comes
 * after the same time again. A machine that has booted long ago, and one whose age is not known, is looked at at once.
 */
export function* looks(age: number): Generator<number, never> {
  const booted = Number.isNaN(age) || age > BOOTED_MS;
  const pace = (most: number) => (booted ? most : Math.min(Math.max(age, SHORTEST_PAUSE_MS), most));
  const times: number[] = [];
  let now = 0;
  let pause = booted ? 0 : pace(SLOWEST_FIRST_MS);
  for (let next = pace(LONGEST_PAUSE_MS); ; next = Math.min(next * 1.5, LONGEST_PAUSE_MS)) {
    const ninth = times.at(-LOOKS_A_MINUTE);
    const wait = ninth === undefined ? pause : Math.max(pause, ninth + MINUTE_MS - now);
    now += wait;
    times.push(now);
    yield wait;
    pause = next;
  }
}
