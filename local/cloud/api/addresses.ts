import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { EXTERNAL_POOL, EXTERNAL_RANGE } from "../addresses";
import { toNumber } from "../../../lib/ipv4";
import { Address, CloudState, Path } from "../state/model";
import { externalHolders, internalHolders, isUsable, takeExternal, takeInternal } from "./addressPool";
import { Cloud } from "../engine/cloud";
import { ApiError, invalid, notEmulated, notFound } from "./errors";
import { Kind, registerKind, registerMethod } from "./kind";
import { renderLabels, setLabels } from "./labels";
import { link, reference } from "./links";
import { Place } from "../state/path";
import { address, check, ignored, labels, resource, resourceName } from "./schema";

const Body = resource({
  name: resourceName,
  address: address.optional(),
  addressType: z.enum(["EXTERNAL", "INTERNAL"]).default("EXTERNAL"),
  subnetwork: z.string().optional(),
  network: ignored,
  networkTier: z.enum(["PREMIUM", "STANDARD"]).default("PREMIUM"),
  purpose: z.string().optional(),
  ipVersion: z.string().optional(),
  prefixLength: ignored,
  ipv6EndpointType: ignored,
  labels: labels.optional(),
  users: ignored,
});

function external(draft: CloudState, wanted?: string): string {
  if (!wanted) return takeExternal(draft);
  const number = toNumber(wanted);
  const [first, last] = EXTERNAL_POOL.map(toNumber) as [number, number];
  if (number < first || number > last) {
    throw invalid("resource.address", wanted, `External addresses of the local cloud are in ${EXTERNAL_RANGE}.`);
  }
  const holder = externalHolders(draft).get(wanted);
  if (holder && draft.addresses[holder]) throw taken(wanted, holder);
  return wanted;
}

function internal(draft: CloudState, subnetwork: Path, wanted?: string): string {
  if (!wanted) return takeInternal(draft, subnetwork);
  const { ipCidrRange } = draft.subnetworks[subnetwork]!;
  if (!isUsable(ipCidrRange, wanted)) {
    throw invalid("resource.address", wanted, `Must be a usable address of the subnetwork's range ${ipCidrRange}.`);
  }
  const holder = internalHolders(draft, subnetwork).get(wanted);
  if (holder && draft.addresses[holder]) throw taken(wanted, holder);
  return wanted;
}

function taken(value: string, holder: Path): ApiError {
  return new ApiError(409, "alreadyExists", `The address '${value}' is already reserved by '${holder}'`);
}

/** Instances and forwarding rules that have this address. */
function usersOf(state: CloudState, { address: value, subnetwork }: Address): Path[] {
  const instances = Object.entries(state.instances).filter(([, { nic }]) =>
    subnetwork ? nic.subnetwork === subnetwork && nic.networkIP === value : nic.accessConfig?.natIP === value,
  );
  const rules = Object.entries(state.forwardingRules).filter(([, rule]) => rule.IPAddress === value);
  return [...instances, ...rules].map(([path]) => path);
}

export const addresses: Kind<"addresses"> = {
  collection: "addresses",
  kind: "compute#address",
  label: "address",
  scope: "regions",

  create(draft, place: Place, body) {
    const wanted = check(Body, body);
    if (wanted.ipVersion && wanted.ipVersion !== "IPV4") throw notEmulated(`addresses of version ${wanted.ipVersion}`);
    if (wanted.purpose && wanted.purpose !== "GCE_ENDPOINT") throw notEmulated(`addresses for ${wanted.purpose}`);
    const { name, description, networkTier } = wanted;
    const common = { name, description, networkTier, labels: wanted.labels ?? {} };
    if (wanted.addressType === "EXTERNAL") {
      if (wanted.subnetwork) throw invalid("resource.subnetwork", wanted.subnetwork, "Only for internal addresses.");
      return { ...common, addressType: "EXTERNAL", address: external(draft, wanted.address) };
    }
    const subnetwork = reference("resource.subnetwork", wanted.subnetwork ?? "default", place, "subnetworks");
    if (!draft.subnetworks[subnetwork]) throw notFound(subnetwork);
    return { ...common, addressType: "INTERNAL", address: internal(draft, subnetwork, wanted.address), subnetwork };
  },

  render(state, _path, one: Address) {
    const users = usersOf(state, one).map(link);
    return {
      address: one.address,
      addressType: one.addressType,
      networkTier: one.networkTier,
      ...(one.subnetwork && { subnetwork: link(one.subnetwork), purpose: "GCE_ENDPOINT" }),
      status: users.length > 0 ? "IN_USE" : "RESERVED",
      ...(users.length > 0 && { users }),
      ...renderLabels(one.labels),
    };
  },

  user: (state, _path, one: Address) => usersOf(state, one)[0],
};

export function addressRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerKind(app, cloud, addresses);
  registerMethod(app, cloud, addresses, "POST", "setLabels", (_draft, _path, one, request) =>
    setLabels(one, request.body),
  );
}
