import { cidrText, parseCidr, rangeAround } from "../lib/ipv4";

export const NO_RANGE = "must be an IPv4 range written as ADDRESS/BITS, for example 10.240.0.0/24";

/** What is wrong with the text of an IPv4 range; undefined when nothing is. Clouds refuse a range with host bits set. */
export function rangeProblem(text: string): string | undefined {
  if (parseCidr(text)) return undefined;
  const around = rangeAround(text);
  if (!around) return NO_RANGE;
  return `must have no bits set after the first ${around.prefix}; did you mean ${cidrText(around)}?`;
}
