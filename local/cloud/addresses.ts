/** The local cloud's address plan, one place for all who need it. Addresses are of the documentation range (RFC 5737). */

/** Every external address lives here. */
export const EXTERNAL_RANGE = "203.0.113.0/24";
/**
 * The part of it that instances and forwarding rules get addresses of. Of the whole range the host routes into the edge
 * namespace only this part, the API and the mirror: a host whose own network uses the range for something else keeps the rest.
 */
export const EXTERNAL_POOL_RANGE = "203.0.113.128/25";
/** The host's end of its link to the cloud: what machines see as the administrator's address. */
export const HOST_ADDRESS = "203.0.113.1";
/** The edge's end of that link; the Compute Engine API listens here, reachable from the host only. */
export const API_ADDRESS = "203.0.113.2";
export const API_PORT = 8080;
export const API_URL = `http://${API_ADDRESS}:${API_PORT}`;
/** Not part of Google's API: an overview for the command line. */
export const STATUS_PATH = "/local/v1/status";
/** Not part of Google's API either: shuts every machine down. The next start boots them again. */
export const HALT_PATH = "/local/v1/halt";
/** The release mirror (plain HTTP, port 80), for machines and host. */
export const MIRROR_ADDRESS = "203.0.113.3";
/** External addresses handed to instances and forwarding rules: first and last. */
export const EXTERNAL_POOL: [string, string] = ["203.0.113.128", "203.0.113.254"];
/** The metadata server, as every machine sees it (port 80). */
export const METADATA_ADDRESS = "169.254.169.254";
/** One of each range that Google's health checks of target pools come from; the edge owns these. */
export const PROBE_ADDRESSES = ["35.191.0.1", "209.85.152.1", "209.85.204.1"];

/**
 * A machine's identity address on the edge, unique over all networks (whose internal addresses may overlap).
 * The machine's network namespace translates it: towards the metadata server the machine's source becomes this address,
 * and a probe sent to this address arrives at the machine's own one.
 */
export function identityAddress(machineId: number): string {
  return `100.64.${machineId >> 8}.${machineId & 255}`;
}
export const IDENTITY_RANGE = "100.64.0.0/16";

/** As on Google Cloud, a machine's hardware address holds its internal address. */
export function macAddress(internalIp: string): string {
  const octets = internalIp.split(".").map((octet) => Number(octet).toString(16).padStart(2, "0"));
  return ["42", "01", ...octets].join(":");
}
