import { cidrRange, contains } from "../lib/ipv4";
import type { Problem } from "./problems";
import type { RawSettings } from "./schema";

/** Ranges that stand for a reader's own in documentation, and belong to nobody. Source: RFC 5737. */
export const DOCUMENTATION_CIDRS = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"];

type Lists = Pick<RawSettings, "administratorCidrs" | "apiClientCidrs">;

/**
 * Returns a problem for each range that was left as a settings file or the documentation shows it. On Google Cloud nobody has
 * such an address, so the firewall would let nobody in. `endpoint` is that of another cloud; there, such ranges may exist.
 */
export function checkPlaceholders(settings: Lists, endpoint: string | undefined): Problem[] {
  if (endpoint) return [];
  const { administratorCidrs, apiClientCidrs } = settings;
  const inherited = apiClientCidrs === administratorCidrs;
  return [
    ...problemsOf("administratorCidrs", administratorCidrs),
    ...(inherited ? [] : problemsOf("apiClientCidrs", apiClientCidrs)),
  ];
}

const problemsOf = (key: keyof Lists, cidrs: string[]): Problem[] =>
  cidrs.flatMap((value) => {
    const range = cidrRange(value);
    const kept = DOCUMENTATION_CIDRS.find((documentation) => contains(cidrRange(documentation), range));
    if (kept === undefined) return [];
    const message = `must be a range that you work from, because ${kept} is for documentation and nobody has an address in it`;
    return [{ key, value, message }];
  });
