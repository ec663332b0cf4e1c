import * as pulumi from "@pulumi/pulumi";
import { checkTogether, controllerAddresses, DNS_ADDRESS, Problem } from "./settings/check";
import { addressAt } from "./settings/cidr";
import { nearest } from "./settings/nearest";
import { zonesOf } from "./settings/regions";
import { NAME, NO_NAME, RawSettings, schema } from "./settings/schema";

/** A stack's settings, checked, with what follows from them. Descriptions and defaults: `config` in Pulumi.yaml. */
export interface Settings extends RawSettings {
  region: string;
  /** Fixed internal addresses, controller-0's first. */
  controllerAddresses: string[];
  /** The API's own Service, first of the service range. */
  apiServiceIp: string;
  /** Where the cluster's DNS Service is to be. */
  clusterDnsIp: string;
}

/** Everything wrong with the settings, in one error. */
export class SettingsError extends pulumi.RunError {
  constructor(
    stack: string,
    readonly problems: Problem[],
  ) {
    const lines = problems.map(({ key, value, message }) => {
      const qualified = key.includes(":") ? key : `hardway:${key}`;
      return `  ${qualified} ${value === undefined ? "" : `${JSON.stringify(value)} `}${message}`;
    });
    const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
    super(
      `${count} in the settings of stack ${stack} (Pulumi.${stack}.yaml); nothing was changed:\n${lines.join("\n")}`,
    );
  }
}

export interface Context {
  project: string;
  stack: string;
  /** gcp:region */
  region: string | undefined;
}

/** Checks `raw`, the project's settings as text by name (lists as JSON). Throws a SettingsError that lists every problem. */
export function parseSettings(raw: Record<string, string>, context: Context): Settings {
  const problems: Problem[] = [];
  const known = Object.keys(schema.shape);
  for (const key of Object.keys(raw).filter((name) => !known.includes(name))) {
    const near = nearest(key, known);
    problems.push({
      key,
      message: `is no setting of this program; ${near ? `did you mean hardway:${near}?` : "remove it"}`,
    });
  }
  if (!context.region) {
    problems.push({ key: "gcp:region", message: "is required, for example europe-west1" });
  }
  // Each setting for itself, so that what is right can still be checked together.
  const right: Record<string, unknown> = {};
  for (const [key, rule] of Object.entries(schema.shape)) {
    const value = raw[key];
    if (value === undefined) {
      problems.push({ key, message: "is missing; its default is in Pulumi.yaml" });
      continue;
    }
    const parsed = rule.safeParse(value);
    if (parsed.success) right[key] = parsed.data;
    for (const { path, message } of parsed.error?.issues ?? []) {
      problems.push({ key, value: valueAt(value, path[0]), message });
    }
  }
  // A name of its own is checked with the rest; one that follows from the stack's may be none that clouds take.
  const name = raw.name || `${context.project}-${context.stack}`.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  if (!raw.name && !NAME.test(name))
    problems.push({
      key: "name",
      value: name,
      message: `follows from the stack's name and ${NO_NAME}: set hardway:name`,
    });
  problems.push(...checkTogether(right, context.region));
  if (problems.length > 0 || !context.region) throw new SettingsError(context.stack, problems);

  const s = right as RawSettings;
  return {
    ...s,
    name,
    region: context.region,
    zones: s.zones.length > 0 ? s.zones : zonesOf(context.region)!,
    apiClientCidrs: s.apiClientCidrs.length > 0 ? s.apiClientCidrs : s.administratorCidrs,
    controllerAddresses: controllerAddresses(s.subnetCidr, s.controllers),
    apiServiceIp: addressAt(s.serviceCidr, 1),
    clusterDnsIp: addressAt(s.serviceCidr, DNS_ADDRESS),
  };
}

/** The element that is wrong, or the whole value where that is no list. */
function valueAt(text: string, index: PropertyKey | undefined): string {
  return typeof index !== "number" ? text : String((JSON.parse(text) as unknown[])[index]);
}

/** The settings of the stack that is being run. */
export function readSettings(): Settings {
  const project = pulumi.getProject();
  const prefix = `${project}:`;
  const raw = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
  const region = new pulumi.Config("gcp").get("region");
  return parseSettings(raw, { project, stack: pulumi.getStack(), region });
}
