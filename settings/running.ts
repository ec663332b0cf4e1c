import { cidrRange, contains } from "../lib/ipv4";
import { minorOf, PROGRAMS } from "../node/versions";
import type { StackOutputs } from "../outputs";
import type { Problem } from "./problems";
import type { RawSettings } from "./schema";

/** The settings that the rules below read. */
export interface Planned extends Pick<
  RawSettings,
  "subnetCidr" | "podCidr" | "serviceCidr" | "kubernetesVersion" | "etcdVersion"
> {
  name: string;
  zones: string[];
  controllerAddresses: string[];
}

type Running = Partial<StackOutputs>;
type Add = (key: keyof RawSettings, value: string | undefined, message: string) => void;

const WAY_OUT = "or bring up a second stack instead";

/**
 * Returns a problem for each setting that a running cluster cannot follow. `running` are the stack's outputs, empty when it
 * is not up.
 */
export function checkAgainstRunning(settings: Planned, running: Running): Problem[] {
  if (running.network === undefined || running.controllers === undefined) return [];
  const problems: Problem[] = [];
  const add: Add = (key, value, message) => problems.push({ key, value, message });
  checkNames(settings, running, add);
  checkMachines(settings, running, add);
  checkRanges(settings, running, add);
  checkVersion("kubernetesVersion", settings, running, add);
  checkVersion("etcdVersion", settings, running, add);
  return problems;
}

/** Google does not delete a resource that another one still uses, so a change of the name would fail half way. */
function checkNames({ name }: Planned, { network }: Running, add: Add) {
  if (network !== name)
    add("name", name, `must stay ${network}, which begins the names of the running cluster's resources, ${WAY_OUT}`);
}

function checkMachines({ zones, controllerAddresses, subnetCidr }: Planned, running: Running, add: Add) {
  const [count, most] = [controllerAddresses.length, running.controllers!.length];
  if (count < most)
    add(
      "controllers",
      String(count),
      `must be ${most} or more, because no etcd member can leave the running cluster yet, ${WAY_OUT}`,
    );
  const kept = running.controllers!.slice(0, controllerAddresses.length);
  kept.forEach(({ name, zone }, i) => {
    const planned = zones[i % zones.length];
    if (planned !== zone)
      add("zones", planned, `must keep ${name} in ${zone}, because a machine cannot move to another zone, ${WAY_OUT}`);
  });
  const moved = kept.find(({ internalIp }, i) => internalIp !== controllerAddresses[i]);
  const before = running.subnetCidr;
  if (moved)
    add(
      "subnetCidr",
      subnetCidr,
      `must keep the address ${moved.internalIp} of ${moved.name}, which etcd and certificates name, ${WAY_OUT}`,
    );
  else if (before !== undefined && !contains(cidrRange(subnetCidr), cidrRange(before)))
    add("subnetCidr", subnetCidr, `must contain ${before}, because Google does not shrink a subnet, ${WAY_OUT}`);
}

function checkRanges(settings: Planned, running: Running, add: Add) {
  const keeps = { podCidr: "nodes keep their ranges", serviceCidr: "Services keep their addresses" };
  for (const key of ["podCidr", "serviceCidr"] as const) {
    const before = running[key];
    if (before !== undefined && before !== settings[key])
      add(key, settings[key], `must stay ${before}, because the running cluster's ${keeps[key]}, ${WAY_OUT}`);
  }
}

/** A minor version may rise by one at a time, and cannot go back: the newer one may have written what the older cannot read. */
function checkVersion(key: keyof typeof PROGRAMS, settings: Planned, running: Running, add: Add) {
  const [before, planned] = [running[key], settings[key]];
  if (before === undefined) return;
  const { name, newest } = PROGRAMS[key];
  const [major, minor] = before.split(".").map(Number) as [number, number];
  const next = `${major}.${minor + 1}`;
  // A version that the settings name is supported. Without one, the stack stays on what it runs.
  if (planned === before && !newest.map(minorOf).includes(minorOf(planned)))
    add(
      key,
      undefined,
      `must be set to ${next}.x, because ${name} ${before} runs, which this program no longer supports`,
    );
  else if (![minorOf(before), next].includes(minorOf(planned)))
    add(
      key,
      planned,
      `must be ${minorOf(before)}.x or ${next}.x while ${name} ${before} runs: its minor version rises by one at a time, and does not go back`,
    );
}
