import { KeyPairPaths } from "../layout";
import { MachineFile, secretFile } from "./file";

/** A certificate and its private key, PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** Both are secret files, so that one update replaces both at once. On the machine everybody can read the certificate. */
export function keyPairFiles(at: KeyPairPaths, pem: KeyPair, owner: string): MachineFile[] {
  return [{ ...secretFile(at.certificate, pem.certificate, owner), mode: "0444" }, secretFile(at.key, pem.key, owner)];
}
