import { driftUnits, paths } from "../layout";
import { driftScript, driftService, driftTimer } from "../programs/drift";
import { MachineFile, publicFile } from "../render/file";
import { unitPath } from "../render/unit";

/** The files with which a machine notices changes that no step has made. */
export const driftFiles = (): MachineFile[] => [
  { ...publicFile(paths.driftScript, driftScript()), mode: "0755" },
  publicFile(unitPath(driftUnits.service), driftService()),
  publicFile(unitPath(driftUnits.timer), driftTimer()),
];
