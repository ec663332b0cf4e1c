/** The local cloud's address plan. External addresses come from a documentation range (RFC 5737). */

/** The range of all external addresses. */
export const EXTERNAL_RANGE = "203.0.113.0/24";
/**
 * The part of that range from which instances and forwarding rules get their addresses. The host routes only this part, the
 * API and the mirror into the edge namespace. A host whose own network uses the range can keep the rest.
 */
export const EXTERNAL_POOL_RANGE = "203.0.113.128/25";
/** The host's end of its link to the cloud. Machines see it as the administrator's address. */
export const HOST_ADDRESS = "203.0.113.1";
/** The edge's end of that link. The Compute Engine API listens here; only the host can reach it. */
export const API_ADDRESS = "203.0.113.2";
export const API_PORT = 8080;
export const API_URL = `http://${API_ADDRESS}:${API_PORT}`;
/** An overview for the command line. Not part of Google's API. */
export const STATUS_PATH = "/local/v1/status";
/** Shuts every machine down; the next start boots them again. Not part of Google's API. */
export const HALT_PATH = "/local/v1/halt";
/** What a project may not do, by its name. Not part of Google's API. */
export const RESTRICTIONS_PATH = "/local/v1/restrictions";
/** The release mirror for machines and host (plain HTTP, port 80). */
export const MIRROR_ADDRESS = "203.0.113.3";
/** First and last external address that an instance or a forwarding rule can get. */
export const EXTERNAL_POOL: [string, string] = ["203.0.113.128", "203.0.113.254"];
/** The metadata server's address, the same for every machine (port 80). */
export const METADATA_ADDRESS = "169.254.169.254";
/** An address from each range that Google's health checks of target pools use. The edge has these addresses. */
export const PROBE_ADDRESSES = ["35.191.0.1", "209.85.152.1", "209.85.204.1"];

/**
 * The address by which the edge knows a machine. It is unique over all networks, whose internal addresses may overlap.
 * The network's router translates it: a request to the metadata server gets this source address, and a probe that is
 * sent to this address arrives at the machine's internal address.
 */
export function identityAddress(machineId: number): string {
  return `100.64.${machineId >> 8}.${machineId & 255}`;
}
export const IDENTITY_RANGE = "100.64.0.0/16";

/** A machine's hardware address: it contains the internal address, as on Google Cloud. */
export function macAddress(internalIp: string): string {
  const octets = internalIp.split(".").map((octet) => Number(octet).toString(16).padStart(2, "0"));
  return ["42", "01", ...octets].join(":");
}
