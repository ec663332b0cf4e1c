import { generateKeyPairSync, randomBytes, sign } from "crypto";
import { isIPv4 } from "net";
import { CertificateHost } from "../../../node/certificateNames";
import { authorities, Leaf, Usage } from "../../../node/certificates";

/** Certificates for tests, with any dates and faults, written as X.509 has them (RFC 5280, DER). */

export interface CertificateOptions {
  authority?: boolean;
  usages?: Usage[];
  /** DNS names and IPv4 addresses. */
  names?: string[];
  /** Days that are left, and days since it began. */
  left: number;
  age: number;
}

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const SPKI = publicKey.export({ type: "spki", format: "der" });
const DAY_MS = 86_400_000;
const OIDS: Record<Usage, string> = { server_auth: "1.3.6.1.5.5.7.3.1", client_auth: "1.3.6.1.5.5.7.3.2" };

function tlv(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Uint8Array[]) => tlv(0x30, ...parts);
const bits = (content: Uint8Array) => tlv(0x03, Buffer.from([0]), content);
const octets = (content: Uint8Array) => tlv(0x04, content);

function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const base128 = (n: number): number[] => [...(n > 127 ? base128(n >> 7).map((byte) => byte | 0x80) : []), n & 0x7f];
  return tlv(0x06, Buffer.from([first! * 40 + second!, ...rest.flatMap(base128)]));
}

/** GeneralizedTime. */
const time = (ms: number) => tlv(0x18, Buffer.from(new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "")));
const commonName = (text: string) => sequence(tlv(0x31, sequence(oid("2.5.4.3"), tlv(0x0c, Buffer.from(text)))));
const extension = (id: string, value: Uint8Array) => sequence(oid(id), octets(value));
const alternative = (name: string) =>
  isIPv4(name) ? tlv(0x87, Buffer.from(name.split(".").map(Number))) : tlv(0x82, Buffer.from(name));

/** PEM. All share one key, because only what is public is looked at. */
export function certificate({ authority = false, usages = [], names = [], left, age }: CertificateOptions): string {
  const extensions = [
    ...(authority ? [extension("2.5.29.19", sequence(tlv(0x01, Buffer.from([0xff]))))] : []),
    ...(usages.length > 0 ? [extension("2.5.29.37", sequence(...usages.map((usage) => oid(OIDS[usage]))))] : []),
    ...(names.length > 0 ? [extension("2.5.29.17", sequence(...names.map(alternative)))] : []),
  ];
  const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
  const content = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    commonName("authority"),
    sequence(time(Date.now() - age * DAY_MS), time(Date.now() + left * DAY_MS)),
    commonName("subject"),
    SPKI,
    ...(extensions.length > 0 ? [tlv(0xa3, sequence(...extensions))] : []),
  );
  const signed = sequence(content, algorithm, bits(sign("sha256", content, privateKey)));
  return `-----BEGIN CERTIFICATE-----\n${signed.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

/** An authority's certificate as it should be, a third of its life old, with `changes`. */
export const authorityCertificate = (changes: Partial<CertificateOptions> = {}): string =>
  certificate({ authority: true, left: 2400, age: 1250, ...changes });

/** A leaf's certificate as it should be, fresh, with `changes`. */
export function leafCertificate(leaf: Leaf, host: CertificateHost, changes: Partial<CertificateOptions> = {}): string {
  const { dnsNames, ipAddresses } = leaf.names?.(host) ?? { dnsNames: [], ipAddresses: [] };
  return certificate({ usages: leaf.usages, names: [...dnsNames, ...ipAddresses], left: 364, age: 1, ...changes });
}

export const authorityFiles: string[] = Object.values(authorities).flatMap(({ files }) => files);
