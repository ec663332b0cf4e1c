import { readFileSync } from "fs";
import { machineIdOf } from "../../../local/cloud/state/queries";
import { killCgroup } from "../../../local/cloud/fabric/cgroups";
import { cut } from "../../../local/cloud/fabric/wire";
import { files, stateDir } from "../../../local/cloud/paths";
import { CloudState } from "../../../local/cloud/state/model";
import { ControllerOutput } from "../../../outputs";

/**
 * Cuts a machine's power: removes its link, so that no other machine sees connections close, then kills all processes.
 * The Compute Engine API has only `reset`, which also boots the machine again.
 */
export async function losePower({ instance }: ControllerOutput): Promise<void> {
  const state = JSON.parse(readFileSync(files.state(stateDir()), "utf8")) as CloudState;
  const found = Object.values(state.instances).find(({ name }) => name === instance);
  if (found === undefined) throw new Error(`the local cloud has no instance ${instance}`);
  const id = machineIdOf(state, found);
  await cut(id);
  await killCgroup(id);
}
