/** Methods that change settings of an instance. */
import { isDeepStrictEqual } from "node:util";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { fingerprint } from "../../state/fingerprint";
import { Cloud } from "../../engine/cloud";
import { conditionNotMet, invalid, notEmulated, required } from "../errors";
import { placeOf, registerMethod, rendered } from "../kind";
import { setLabels } from "../labels";
import { metadataFingerprint, parseMetadata } from "../metadata";
import { check } from "../schema";
import { SchedulingBody, ServiceAccounts, ShieldedBody, Tags } from "./body";
import { instances, machineTypeOf, scheduling } from "./kind";
import { expectStopped } from "./lifecycle";

const MachineTypeBody = z.strictObject({ machineType: z.string() });
const ServiceAccountBody = z.strictObject({ email: z.string().optional(), scopes: z.array(z.string()).optional() });
const CpuPlatformBody = z.strictObject({ minCpuPlatform: z.string().optional() });
const DisplayBody = z.strictObject({ enableDisplay: z.boolean().default(false) });

/** A query parameter that must be true or false. */
function flag(request: FastifyRequest, name: string, byDefault?: boolean): boolean {
  const text = (request.query as Record<string, string | undefined>)[name];
  if (text === undefined && byDefault !== undefined) return byDefault;
  if (text === undefined) throw required(name);
  if (text !== "true" && text !== "false") throw invalid(name, text, "Must be true or false.");
  return text === "true";
}

export function methodRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerMethod(app, cloud, instances, "POST", "setMetadata", (_draft, _path, instance, request) => {
    const wanted = parseMetadata(request.body);
    if (wanted.fingerprint !== metadataFingerprint(instance.metadata)) {
      throw conditionNotMet("Supplied fingerprint does not match current metadata fingerprint.");
    }
    instance.metadata = wanted.items;
  });

  registerMethod(app, cloud, instances, "POST", "setTags", (_draft, _path, instance, request) => {
    const wanted = check(Tags, request.body, "tags");
    if (wanted.fingerprint !== fingerprint(instance.tags)) {
      throw conditionNotMet("Supplied fingerprint does not match current tags fingerprint.");
    }
    instance.tags = wanted.items;
  });

  registerMethod(app, cloud, instances, "POST", "setLabels", (_draft, _path, instance, request) =>
    setLabels(instance, request.body),
  );

  registerMethod(app, cloud, instances, "POST", "setMachineType", (_draft, path, instance, request) => {
    const { machineType } = check(MachineTypeBody, request.body, "request");
    const wanted = machineTypeOf("request.machineType", machineType, placeOf(request, "zones"));
    expectStopped(path, instance, "the machine type");
    instance.machineType = wanted;
  });

  registerMethod(app, cloud, instances, "POST", "setMinCpuPlatform", (_draft, path, instance, request) => {
    const { minCpuPlatform } = check(CpuPlatformBody, request.body, "request");
    expectStopped(path, instance, "the minimum CPU platform");
    instance.minCpuPlatform = minCpuPlatform;
  });

  registerMethod(app, cloud, instances, "POST", "setServiceAccount", (_draft, path, instance, request) => {
    const { email, scopes } = check(ServiceAccountBody, request.body, "request");
    expectStopped(path, instance, "the service account");
    instance.serviceAccounts = check(ServiceAccounts, email ? [{ email, scopes }] : [], "request");
  });

  registerMethod(app, cloud, instances, "POST", "setScheduling", (_draft, _path, instance, request) => {
    instance.scheduling = scheduling(check(SchedulingBody, request.body, "scheduling"));
  });

  registerMethod(app, cloud, instances, "POST", "setDeletionProtection", (_draft, _path, instance, request) => {
    instance.deletionProtection = flag(request, "deletionProtection", true);
  });

  registerMethod(app, cloud, instances, "POST", "setDiskAutoDelete", (_draft, _path, instance, request) => {
    const { deviceName } = request.query as { deviceName?: string };
    if (!deviceName) throw required("deviceName");
    if (deviceName !== instance.boot.deviceName) {
      throw invalid("deviceName", deviceName, `The instance's only disk is '${instance.boot.deviceName}'.`);
    }
    instance.boot.autoDelete = flag(request, "autoDelete");
  });

  registerMethod(app, cloud, instances, "PATCH", "updateShieldedInstanceConfig", (_draft, path, instance, request) => {
    const wanted = check(ShieldedBody, request.body);
    expectStopped(path, instance, "the shielded instance config");
    Object.assign(instance.shieldedInstanceConfig, wanted);
  });

  registerMethod(app, cloud, instances, "PATCH", "updateDisplayDevice", (_draft, path, instance, request) => {
    const { enableDisplay } = check(DisplayBody, request.body);
    expectStopped(path, instance, "the display device");
    instance.displayDevice = enableDisplay;
  });

  updateRoute(app, cloud);
}

const Update = z.looseObject({
  description: z.string().max(2048).optional(),
  canIpForward: z.boolean().optional(),
});
const UPDATED = ["description", "canIpForward", "params"];

/** PUT of a whole instance, by which Google's provider changes the description and canIpForward. No other field may differ. */
function updateRoute(app: FastifyInstance, cloud: Cloud): void {
  registerMethod(
    app,
    cloud,
    instances,
    "PUT",
    "",
    (draft, path, instance, request) => {
      const wanted = check(Update, request.body);
      const present = JSON.parse(JSON.stringify(rendered(instances, draft, path))) as Record<string, unknown>;
      const changed = Object.keys(wanted).filter(
        (key) => !UPDATED.includes(key) && !isDeepStrictEqual(wanted[key], present[key]),
      );
      if (changed.length > 0)
        throw notEmulated(`a change of ${changed.join(", ")} by instances.update; use its own method`);
      instance.description = wanted.description;
      instance.canIpForward = wanted.canIpForward ?? instance.canIpForward;
    },
    "update",
  );
}
