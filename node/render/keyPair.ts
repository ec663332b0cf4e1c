import { KeyPairPaths } from "../layout";
import { MachineFile, secretFile } from "./file";

/** A certificate and its private key, PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** Both are secret files, so that one update replaces both at once. On the machine everybody can read the certificate. */
function keyPairFiles(at: KeyPairPaths, pem: KeyPair, owner: string): MachineFile[] {
  return [{ ...secretFile(at.certificate, pem.certificate, owner), mode: "0444" }, secretFile(at.key, pem.key, owner)];
}

/** The files of all leaves in a table, whose key pairs have the same names. */
export const leafFiles = <Name extends string>(
  leaves: Record<Name, { file: KeyPairPaths; owner: string }>,
  pairs: Record<Name, KeyPair>,
): MachineFile[] =>
  (Object.keys(leaves) as Name[]).flatMap((name) => keyPairFiles(leaves[name].file, pairs[name], leaves[name].owner));
