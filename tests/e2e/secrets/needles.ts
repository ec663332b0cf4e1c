import { createPrivateKey } from "crypto";

/** Characters of a needle. Long enough (96 bits of base64) that no needle is found by chance. */
const LENGTH = 16;
const STRIDE = 6;

/**
 * Returns overlapping pieces of a text, such that one piece stays whole wherever a line break is put into the text, as in PEM.
 * This holds for texts of 41 characters or more; 32 bytes have 43 in base64.
 */
function pieces(text: string): string[] {
  const last = text.length - LENGTH;
  const starts = Array.from({ length: Math.ceil(last / STRIDE) }, (_, i) => i * STRIDE);
  return [...starts, last].map((start) => text.slice(start, start + LENGTH));
}

/** The base64 of the bytes inside longer data, for each of three alignments, without the characters that depend on other bytes. */
function base64(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
}

const base64Of = (texts: string[]) => texts.flatMap((text) => base64(Buffer.from(text)).map((t) => t.slice(0, LENGTH)));

function hex(bytes: Buffer): string[] {
  const plain = bytes.toString("hex");
  const colons = plain.replace(/..(?!$)/g, "$&:");
  return [plain, plain.toUpperCase(), colons, colons.toUpperCase()].flatMap(pieces);
}

/**
 * Returns what to search for to find a secret of 32 bytes or more: pieces of it as text if it is text, in base64 once to three
 * times (a key in PEM, in a kubeconfig, in a step's standard input), as URLs encode these, and in hex.
 */
export function needles(secret: Buffer): string[] {
  const text = secret.toString("latin1");
  const once = [...(/^[ -~]+$/.test(text) ? pieces(text) : []), ...base64(secret).flatMap(pieces)];
  const twice = base64Of(once);
  const inUrls = once.flatMap((piece) => [encodeURIComponent(piece), piece.replaceAll("+", "-").replaceAll("/", "_")]);
  const inHex = [...hex(secret), ...once.flatMap((piece) => hex(Buffer.from(piece)).slice(0, 1))];
  return [...new Set([...once, ...twice, ...base64Of(twice), ...inUrls, ...inHex])];
}

/** Returns the secret part of each private key in a text of PEM blocks. The public part is in certificates too. */
export function privateKeys(text: string): Buffer[] {
  const blocks = text.matchAll(/-----BEGIN ([A-Z ]*)PRIVATE KEY-----([^-]+)-----END [A-Z ]*-----/g);
  return [...blocks].map(([pem, kind, body]) => {
    if (kind === "OPENSSH ") return ed25519Seed(Buffer.from(body!, "base64"));
    return Buffer.from(createPrivateKey(pem).export({ format: "jwk" }).d!, "base64url");
  });
}

/** Returns the seed in a key in OpenSSH's format, which ends with the length of seed and public key (64), both, and a comment. */
function ed25519Seed(key: Buffer): Buffer {
  const length = key.lastIndexOf(Buffer.from([0, 0, 0, 64]));
  return key.subarray(length + 4, length + 36);
}
