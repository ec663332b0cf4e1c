/** The subject alternative names of the certificates in `certificates.ts`. */

/** What the names in a certificate are made from. `T` is the type of an address that may not be known yet. */
export interface CertificateHost<T = string> {
  machineName: string;
  internalIp: string;
  /** The front door's address. */
  publicIp: T;
  /** First address of the service range. */
  apiServiceIp: string;
  clusterDomain: string;
}

/** Subject alternative names. */
export interface Names<T = string> {
  dnsNames: string[];
  ipAddresses: (string | T)[];
}

/** The machine, for its peers and for itself. */
export const machineNames = <T>({ machineName, internalIp }: CertificateHost<T>): Names<T> => ({
  dnsNames: [machineName, "localhost"],
  ipAddresses: [internalIp, "127.0.0.1"],
});

/** A program that serves its own machine alone. */
export const loopbackNames = <T>(): Names<T> => ({ dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] });

/** The API, by every address and name that a client may use. */
export const apiserverNames = <T>(host: CertificateHost<T>): Names<T> => ({
  dnsNames: apiserverDnsNames(host.clusterDomain, host.machineName),
  ipAddresses: ["127.0.0.1", host.internalIp, host.publicIp, host.apiServiceIp],
});

/** The API's DNS names: the Service's from short to full, without a trailing dot, then the machine's. */
function apiserverDnsNames(clusterDomain: string, machineName: string): string[] {
  const labels = clusterDomain.split(".");
  const service = "kubernetes.default.svc";
  const domains = labels.map((_, i) => `${service}.${labels.slice(0, i + 1).join(".")}`);
  return ["kubernetes", "kubernetes.default", service, ...domains, machineName, "localhost"];
}
