import * as pulumi from "@pulumi/pulumi";
import { customEndpoint } from "./lib/google";
import { addressAt } from "./lib/ipv4";
import { zonesOf } from "./lib/regions";
import { LastOutputs, readOutputs } from "./outputs";
import { checkAddressOfRunning } from "./settings/apiNames";
import { checkTogether, controllerAddresses, DNS_ADDRESS } from "./settings/check";
import { checkPlaceholders } from "./settings/placeholders";
import { checkEach, Problem, rawSettings, SettingsError } from "./settings/problems";
import { checkAgainstRunning } from "./settings/running";
import { NAME, NAME_RULE, RawSettings, schema } from "./settings/schema";
import { chooseVersions, offers } from "./settings/versions";

/**
 * A stack's checked settings, and values that follow from them. Descriptions and defaults are in Pulumi.yaml. The versions are
 * those that the stack gets, also where its settings name none.
 */
export interface Settings extends RawSettings {
  region: string;
  /** Fixed internal addresses, controller-0's first. */
  controllerAddresses: string[];
  /** Address of the Service `kubernetes`: the first of the service range. */
  apiServiceIp: string;
  /** The address that the cluster's DNS Service should have. */
  clusterDnsIp: string;
}

export interface Context {
  project: string;
  stack: string;
  /** gcp:region */
  region: string | undefined;
}

/**
 * Checks `raw`, which has the project's settings by name, as text, with lists as JSON. `running` are the stack's outputs, empty
 * when it is not up: they give the versions that `raw` does not name. Throws a SettingsError that lists every problem.
 */
export function parseSettings(raw: Record<string, string>, context: Context, running: LastOutputs = {}): Settings {
  const problems: Problem[] = [];
  if (!context.region) {
    problems.push({ key: "gcp:region", message: "must be set, for example to europe-west1" });
  }
  const right = checkEach(raw, schema, "hardway", problems);
  // checkEach has checked a name that is set. A name made from the stack's name may still break the rule.
  const name = raw.name || `${context.project}-${context.stack}`.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  if (!raw.name && !NAME.test(name))
    problems.push({
      key: "name",
      value: name,
      message: `${NAME_RULE}. It was made from the names of project and stack; set hardway:name`,
    });
  problems.push(...checkTogether(right, context.region));
  if (problems.length > 0 || !context.region) throw new SettingsError(context.stack, problems);

  const s = right as RawSettings;
  return {
    ...s,
    ...chooseVersions(s, running),
    name,
    region: context.region,
    zones: s.zones.length > 0 ? s.zones : zonesOf(context.region)!,
    apiClientCidrs: s.apiClientCidrs.length > 0 ? s.apiClientCidrs : s.administratorCidrs,
    controllerAddresses: controllerAddresses(s.subnetCidr, s.controllers),
    apiServiceIp: addressAt(s.serviceCidr, 1),
    clusterDnsIp: addressAt(s.serviceCidr, DNS_ADDRESS),
  };
}

/**
 * Returns the current stack's settings, and the outputs of its last update, empty when there was none. Throws a SettingsError
 * for wrong settings, and for those that a running cluster cannot follow. Placeholders are a warning in a preview, so that
 * the plan of a settings file can be seen before anybody fills it in. Tells the user which newer versions the stack could have.
 */
export async function readSettings(): Promise<{ settings: Settings; running: LastOutputs }> {
  const gcp = new pulumi.Config("gcp");
  const region = gcp.get("region");
  const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
  const raw = rawSettings();
  const running: LastOutputs = await readOutputs(`${pulumi.getOrganization()}/${project}/${stack}`);
  const settings = parseSettings(raw, { project, stack, region }, running);
  const problems = [...checkAgainstRunning(settings, running), ...checkAddressOfRunning(settings, running)];
  const placeholders = checkPlaceholders(settings, customEndpoint(gcp.get("computeCustomEndpoint")));
  if (!pulumi.runtime.isDryRun()) problems.push(...placeholders);
  else if (placeholders.length > 0) await pulumi.log.warn(new SettingsError(stack, placeholders).message);
  if (problems.length > 0) throw new SettingsError(stack, problems);
  for (const offer of offers(raw, running)) await pulumi.log.info(offer);
  return { settings, running };
}
