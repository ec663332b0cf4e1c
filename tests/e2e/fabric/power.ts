import { readFileSync } from "fs";
import { machineIdOf } from "../../../local/cloud/state/queries";
import { killCgroup } from "../../../local/cloud/fabric/cgroups";
import { cut } from "../../../local/cloud/fabric/wire";
import { files, stateDir } from "../../../local/cloud/paths";
import { CloudState } from "../../../local/cloud/state/model";
import { ControllerOutput } from "../../../outputs";

/**
 * Takes a machine's power away: its link goes, so that nobody is told anything, then every process at once.
 * The Compute Engine API has only `reset`, which gives it back in the same moment.
 */
export async function losePower({ instance }: ControllerOutput): Promise<void> {
  const state = JSON.parse(readFileSync(files.state(stateDir()), "utf8")) as CloudState;
  const found = Object.values(state.instances).find(({ name }) => name === instance);
  if (found === undefined) throw new Error(`the local cloud has no instance ${instance}`);
  const id = machineIdOf(state, found);
  await cut(id);
  await killCgroup(id);
}
