import { createHash } from "crypto";
import { existsSync, readFileSync } from "fs";
import { join } from "path";
import { directories, paths } from "../../../node/layout";
import { stateDirectory } from "../../../lib/directories";
import { openStack, pulumiCapture } from "../../../tasks/stack";
import { Context, onAll } from "../../../verify/check";
import { privateKeys } from "./needles";

/** A name and the secret's bytes. The name has a digest of the bytes, so that a key and the one that replaced it differ. */
export type Secret = [name: string, bytes: Buffer];

const secret = (whose: string, bytes: Buffer): Secret => [
  `${whose} (${createHash("sha256").update(bytes).digest("hex").slice(0, 6)})`,
  bytes,
];

const HOLDERS = [`${directories.etcdPki}/*.key`, `${directories.pki}/*.key`, `${directories.kubernetes}/*.*`];

/** Returns every secret of a running stack: those on its machines, those in its state, and the state's passphrase. */
export async function collect(context: Context): Promise<Secret[]> {
  const files = await onAll(context, `sudo sh -c 'cat ${HOLDERS.join(" ")}'`);
  const onMachines = files.flatMap(({ controller, stdout }) => inFiles(controller.name, stdout));
  // Absent when the user has set another passphrase.
  const passphrase = join(stateDirectory(), "passphrase");
  const own = existsSync(passphrase) ? [secret("passphrase", readFileSync(passphrase))] : [];
  return [...onMachines, ...(await inState(context.stack)), ...own];
}

function inFiles(controller: string, text: string): Secret[] {
  const inConfigs = [...text.matchAll(/client-key-data: (\S+)/g)].map(([, key]) => Buffer.from(key!, "base64"));
  const encryption = /secret: (\S+)/.exec(text)?.[1];
  if (encryption === undefined) throw new Error(`${paths.encryptionConfig} on ${controller} must contain a key`);
  return [
    ...[text, ...inConfigs.map(String)].flatMap(privateKeys).map((key) => secret(`a key of ${controller}`, key)),
    secret("encryption key", Buffer.from(encryption, "base64")),
  ];
}

interface Exported {
  deployment: { resources: { urn: string; type: string; outputs: { privateKeyPemPkcs8: { plaintext: string } } }[] };
}

async function inState(stack: string): Promise<Secret[]> {
  const { stdout } = await pulumiCapture(openStack(stack), "stack", "export", "--show-secrets");
  const { resources } = (JSON.parse(stdout) as Exported).deployment;
  return resources
    .filter(({ type }) => type === "tls:index/privateKey:PrivateKey")
    .map(({ urn, outputs }) =>
      secret(urn.split("::").pop()!, privateKeys(outputs.privateKeyPemPkcs8.plaintext.replaceAll("\\n", "\n"))[0]!),
    );
}
