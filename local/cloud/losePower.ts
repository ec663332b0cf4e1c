import { readFileSync } from "node:fs";
import { killCgroup } from "./fabric/cgroups";
import { cut } from "./fabric/wire";
import { files, stateDir } from "./paths";
import type { CloudState } from "./state/model";
import { machineIdOf } from "./state/queries";

/**
 * Cuts the power of an instance's machine: removes its link, so that no other machine sees connections close, then kills all
 * processes. The Compute Engine API has only `reset`, which also boots the machine again.
 */
export async function losePower(instance: string): Promise<void> {
  const state = JSON.parse(readFileSync(files.state(stateDir()), "utf8")) as CloudState;
  const found = Object.values(state.instances).find(({ name }) => name === instance);
  if (found === undefined) throw new Error(`the local cloud has no instance ${instance}`);
  const id = machineIdOf(state, found);
  await cut(id);
  await killCgroup(id);
}
