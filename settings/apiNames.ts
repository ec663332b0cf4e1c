import { isExternal, isIPv4 } from "../lib/ipv4";
import type { StackOutputs } from "../outputs";
import type { Problem } from "./problems";
import type { RawSettings } from "./schema";

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Whether text is a DNS name as a certificate has it. What ends in a number is not, because it is meant as an address. */
const isDnsName = (text: string) =>
  text.length <= 253 && text.split(".").every((label) => LABEL.test(label)) && !/(^|\.)\d+$/.test(text);

export const API_NAME = "must be a DNS name in lower case, or an IPv4 address, for example api.example.com";
export const isApiName = (text: string) => isIPv4(text) || isDnsName(text);

export const API_ADDRESS =
  "must be an external IPv4 address, reserved in the region of gcp:region, for example by gcloud compute addresses create";
export const isApiAddress = (text: string) => text === "" || (isIPv4(text) && isExternal(text));

/** The name that clients use must be in the API server's certificate. */
export function checkEndpointName({ endpointName, apiServerNames }: Partial<RawSettings>): Problem[] {
  if (!endpointName || apiServerNames === undefined || apiServerNames.includes(endpointName)) return [];
  const message = "must be an element of apiServerNames, because the API server's certificate must contain it";
  return [{ key: "endpointName", value: endpointName, message }];
}

/** All clients, and the issuer of service accounts' tokens, have the address of the API. */
export function checkAddressOfRunning(
  { apiAddress }: Pick<RawSettings, "apiAddress">,
  running: Partial<StackOutputs>,
): Problem[] {
  const before = running.publicIp;
  if (!apiAddress || before === undefined || before === apiAddress) return [];
  const message = `must stay ${before}, which the running cluster's clients and tokens name, or bring up a second stack instead`;
  return [{ key: "apiAddress", value: apiAddress, message }];
}
