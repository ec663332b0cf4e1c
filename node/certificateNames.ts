/** The subject alternative names of the certificates in `certificates.ts`. */

import { isIPv4 } from "../lib/ipv4";

/** What the names in a certificate are made from. `T` is the type of an address that may not be known yet. */
export interface CertificateHost<T = string> {
  machineName: string;
  internalIp: string;
  /** The front door's address. */
  publicIp: T;
  /** First address of the service range. */
  apiServiceIp: string;
  clusterDomain: string;
  /** Further DNS names and IPv4 addresses of the API. */
  apiServerNames?: string[];
}

/** Subject alternative names. */
export interface Names<T = string> {
  dnsNames: string[];
  ipAddresses: (string | T)[];
}

/** The names by which other machines and the machine itself reach a server on it. */
export const machineNames = <T>({ machineName, internalIp }: CertificateHost<T>): Names<T> => ({
  dnsNames: [machineName, "localhost"],
  ipAddresses: [internalIp, "127.0.0.1"],
});

/** The names of a server that only its own machine may reach. */
export const loopbackNames = <T>(): Names<T> => ({ dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] });

/** All names and addresses by which a client may reach the API. */
export function apiserverNames<T>(host: CertificateHost<T>): Names<T> {
  const further = host.apiServerNames ?? [];
  const dnsNames = apiserverDnsNames(host.clusterDomain, host.machineName);
  const ipAddresses = ["127.0.0.1", host.internalIp, host.publicIp, host.apiServiceIp];
  return {
    dnsNames: [...new Set([...dnsNames, ...further.filter((name) => !isIPv4(name))])],
    ipAddresses: [...new Set([...ipAddresses, ...further.filter(isIPv4)])],
  };
}

/** The API's DNS names: those of its Service from short to full, then those of the machine. None ends in a dot. */
function apiserverDnsNames(clusterDomain: string, machineName: string): string[] {
  const labels = clusterDomain.split(".");
  const service = "kubernetes.default.svc";
  const domains = labels.map((_, i) => `${service}.${labels.slice(0, i + 1).join(".")}`);
  return ["kubernetes", "kubernetes.default", service, ...domains, machineName, "localhost"];
}
