/** Google's limits for guest attributes: https://cloud.google.com/compute/docs/metadata/manage-guest-attributes#limitations */
import { Path } from "../../state/model";
import { ApiError } from "../errors";

const A_MINUTE = 10;
const A_SECOND = 3;

/** Counts the queries for each instance. A refused one counts too. */
export class GuestAttributeQueries {
  private readonly times = new Map<Path, number[]>();

  /** Counts a query at `now`, in milliseconds. Throws Google's error when there are too many. */
  count(instance: Path, now: number): void {
    const times = [...(this.times.get(instance) ?? []), now].filter((time) => now - time < 60_000);
    this.times.set(instance, times);
    if (times.length > A_MINUTE) throw tooMany(`${A_MINUTE} queries per minute`);
    if (times.filter((time) => now - time < 1000).length > A_SECOND) throw tooMany(`${A_SECOND} queries per second`);
  }
}

function tooMany(limit: string): ApiError {
  const message = `Quota exceeded for guest attributes of the instance: limit of ${limit}.`;
  return new ApiError(403, "rateLimitExceeded", message, [
    { message, domain: "usageLimits", reason: "rateLimitExceeded" },
  ]);
}
