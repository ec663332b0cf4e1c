import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { portsOf } from "../state/queries";
import { isIPv4 } from "../../../lib/ipv4";
import { CloudState, ForwardingRule, NetworkTier, Path } from "../state/model";
import { externalHolders, takeExternal } from "./addressPool";
import { Cloud } from "../engine/cloud";
import { ApiError, danglingReference, invalid, notEmulated, notFound, otherTier, required } from "./errors";
import { Kind, placeOf, registerKind, registerMethod } from "./kind";
import { renderLabels, setLabels } from "./labels";
import { link, reference } from "./links";
import { nameOf, Place } from "../state/path";
import { refuseByPolicy } from "./restrictions/policies";
import { restrictionsOf } from "./restrictions/restrictions";
import { check, ignored, labels, resource, resourceName } from "./schema";
import { fingerprint } from "../state/fingerprint";

const ports = z.array(z.string()).optional();
const Body = resource({
  name: resourceName,
  IPAddress: z.string().optional(),
  IPProtocol: z.string().default("TCP"),
  portRange: z.string().optional(),
  ports,
  target: z.string().optional(),
  backendService: z.string().optional(),
  loadBalancingScheme: z.string().default("EXTERNAL"),
  networkTier: z.enum(["PREMIUM", "STANDARD"]).default("PREMIUM"),
  labels: labels.optional(),
  allPorts: z.boolean().optional(),
  ipVersion: z.string().optional(),
  network: ignored,
  subnetwork: ignored,
  allowGlobalAccess: z.literal(false).optional(),
  allowPscGlobalAccess: z.literal(false).optional(),
  noAutomateDnsZone: z.literal(false).optional(),
  isMirroringCollector: z.literal(false).optional(),
});
const Target = z.strictObject({ target: z.string() });
const Patch = resource({
  networkTier: z.enum(["PREMIUM", "STANDARD"]).optional(),
  allowGlobalAccess: z.literal(false, { error: "The local cloud's forwarding rules are external." }).optional(),
  allowPscGlobalAccess: z.literal(false).optional(),
});

function targetOf(draft: CloudState, place: Place, text: string | undefined, field: string): Path {
  if (!text) throw required(field);
  const collection = /\/([^/]+)\/[^/]+$/.exec(text)?.[1] ?? "targetPools";
  if (collection !== "targetPools") throw notEmulated(`forwarding rules to ${collection}; use a target pool`);
  const path = reference(field, text, place, "targetPools");
  if (!draft.targetPools[path]) throw notFound(path);
  return path;
}

function portRange(text: string | undefined): string {
  if (!text) return "1-65535";
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (!match || first < 1 || first > last || last > 65535) {
    throw invalid("resource.portRange", text, "Must be a port or a range of ports between 1 and 65535.");
  }
  return `${first}-${last}`;
}

/** The address of a rule: given by value, or by the name of a reserved address, or else a new one. */
function addressFor(draft: CloudState, place: Place, text: string | undefined, tier: NetworkTier): string {
  if (!text) return takeExternal(draft);
  const field = "resource.IPAddress";
  if (!isIPv4(text)) {
    const path = reference(field, text, place, "addresses");
    const reserved = draft.addresses[path];
    if (!reserved) throw notFound(path);
    return addressFor(draft, place, reserved.address, tier);
  }
  const holder = externalHolders(draft).get(text);
  const instance = Object.entries(draft.instances).find(([, { nic }]) => nic.accessConfig?.natIP === text)?.[0];
  if (instance) throw taken(text, instance);
  const reserved = holder === undefined ? undefined : draft.addresses[holder];
  if (reserved && reserved.networkTier !== tier)
    throw otherTier(field, text, reserved.networkTier, "Forwarding rule", tier);
  if (!holder) throw danglingReference(field, text, "address");
  return text;
}

function taken(address: string, user: Path): ApiError {
  const message = `IP address '${address}' is already being used by '${user}'`;
  return new ApiError(400, "resourceInUseByAnotherResource", message);
}

/** Two rules may share an address, but not a port of it. */
function checkClash(draft: CloudState, rule: Pick<ForwardingRule, "IPAddress" | "IPProtocol" | "portRange">): void {
  const [first, last] = portsOf(rule as ForwardingRule);
  for (const [path, other] of Object.entries(draft.forwardingRules)) {
    if (other.IPAddress !== rule.IPAddress || other.IPProtocol !== rule.IPProtocol) continue;
    const [theirFirst, theirLast] = portsOf(other);
    if (first <= theirLast && theirFirst <= last) throw taken(`${rule.IPAddress}:${rule.portRange}`, path);
  }
}

export const forwardingRules: Kind<"forwardingRules"> = {
  collection: "forwardingRules",
  kind: "compute#forwardingRule",
  label: "forwarding_rule",
  scope: "regions",

  create(draft, place, body) {
    const wanted = check(Body, body);
    const what = `Forwarding Rule projects/${place.project}/regions/${place.location}/forwardingRules/${wanted.name}`;
    refuseByPolicy(
      restrictionsOf(draft, place.project),
      place.project,
      "compute.restrictLoadBalancerCreationForTypes",
      `${what} of type EXTERNAL_NETWORK_TCP_UDP is not allowed.`,
    );
    if (wanted.loadBalancingScheme !== "EXTERNAL")
      throw notEmulated(`load balancing of scheme ${wanted.loadBalancingScheme}`);
    if (wanted.backendService) throw notEmulated("backend services; use a target pool");
    if (wanted.ports?.length || wanted.allPorts)
      throw invalid("resource.ports", wanted.ports, "Use portRange with a target pool.");
    if (wanted.ipVersion && wanted.ipVersion !== "IPV4") throw notEmulated(`addresses of version ${wanted.ipVersion}`);
    const IPProtocol = wanted.IPProtocol.toUpperCase();
    if (IPProtocol !== "TCP" && IPProtocol !== "UDP") throw notEmulated(`forwarding rules for ${wanted.IPProtocol}`);
    const rule: Omit<ForwardingRule, "id" | "creationTimestamp"> = {
      name: wanted.name,
      description: wanted.description,
      target: targetOf(draft, place, wanted.target, "resource.target"),
      IPAddress: addressFor(draft, place, wanted.IPAddress, wanted.networkTier),
      IPProtocol,
      portRange: portRange(wanted.portRange),
      networkTier: wanted.networkTier,
      labels: wanted.labels ?? {},
    };
    checkClash(draft, rule);
    return rule;
  },

  render(_state, path, rule: ForwardingRule) {
    return {
      IPAddress: rule.IPAddress,
      IPProtocol: rule.IPProtocol,
      portRange: rule.portRange,
      target: link(rule.target),
      loadBalancingScheme: "EXTERNAL",
      networkTier: rule.networkTier,
      ...renderLabels(rule.labels),
      fingerprint: fingerprint([nameOf(path), rule.target]),
    };
  },
};

export function forwardingRuleRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerKind(app, cloud, forwardingRules);
  registerMethod(app, cloud, forwardingRules, "POST", "setTarget", (draft, _path, rule, request) => {
    const { target } = check(Target, request.body, "targetReference");
    rule.target = targetOf(draft, placeOf(request, "regions"), target, "targetReference.target");
  });
  registerMethod(app, cloud, forwardingRules, "POST", "setLabels", (_draft, _path, rule, request) =>
    setLabels(rule, request.body),
  );
  registerMethod(app, cloud, forwardingRules, "PATCH", "", (_draft, _path, rule, request) => {
    rule.networkTier = check(Patch, request.body).networkTier ?? rule.networkTier;
  });
}
