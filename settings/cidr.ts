import { cidrText, parseCidr, rangeAround } from "../lib/ipv4";

export const NO_RANGE = "must be an IPv4 range written as ADDRESS/BITS, for example 10.240.0.0/24";

/** Returns what must hold for the text of an IPv4 range, or undefined when it does. Clouds refuse ranges with host bits set. */
export function rangeProblem(text: string): string | undefined {
  if (parseCidr(text)) return undefined;
  const around = rangeAround(text);
  if (!around) return NO_RANGE;
  return `must have no bits set after the first ${around.prefix}; did you mean ${cidrText(around)}?`;
}
