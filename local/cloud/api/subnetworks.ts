import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { EXTERNAL_RANGE, IDENTITY_RANGE } from "../addresses";
import { cidrRange, contains, gatewayOf, overlap } from "../../../lib/ipv4";
import { fingerprint } from "../state/fingerprint";
import { CloudState, Path, SecondaryRange, Subnetwork } from "../state/model";
import { Cloud } from "../engine/cloud";
import { conditionNotMet, invalid, notEmulated, notFound } from "./errors";
import { Kind, registerKind, registerMethod } from "./kind";
import { link, reference } from "./links";
import { parsePath } from "../state/path";
import { check, cidr, ignored, resource, resourceName } from "./schema";

const SecondaryRanges = z.array(z.looseObject({ rangeName: resourceName, ipCidrRange: cidr })).max(170);
const LogConfig = z
  .looseObject({ enable: z.boolean().default(false) })
  .transform((config) => (config.enable ? { metadata: "EXCLUDE_ALL_METADATA", ...config } : { enable: false }));

const optional = {
  secondaryIpRanges: SecondaryRanges.optional(),
  privateIpGoogleAccess: z.boolean().optional(),
  logConfig: LogConfig.optional(),
  enableFlowLogs: z.boolean().optional(),
  purpose: z.string().optional(),
  stackType: z.string().optional(),
  role: ignored,
  ipv6AccessType: ignored,
  ipv6CidrRange: ignored,
  privateIpv6GoogleAccess: ignored,
  allowSubnetCidrRoutesOverlap: ignored,
  reservedInternalRange: ignored,
  resolveSubnetMask: ignored,
  gatewayAddress: ignored,
  state: ignored,
};
const Body = resource({ name: resourceName, network: z.string(), ipCidrRange: cidr, ...optional });
const Patch = resource({ ...optional, fingerprint: z.string().optional() });
const Expand = z.strictObject({ ipCidrRange: cidr });

/** Ranges that a subnetwork must not overlap: Google's list, and the local cloud's own addresses. */
const FORBIDDEN = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "199.36.153.4/30",
  "199.36.153.8/30",
  "224.0.0.0/3",
  EXTERNAL_RANGE,
  IDENTITY_RANGE,
];

/** Throws when `text` cannot be another range of the network. Ignores the present ranges of the subnetwork `except`. */
function checkRange(state: CloudState, network: Path, field: string, text: string, except?: Path): void {
  const range = cidrRange(text);
  if (range.prefix < 4 || range.prefix > 29) {
    throw invalid(field, text, "The prefix length must be between 4 and 29.");
  }
  checkStaticRoutes(state, network, field, text);
  const forbidden = FORBIDDEN.find((one) => overlap(range, cidrRange(one)));
  if (forbidden) throw invalid(field, text, `The range overlaps ${forbidden}, which is reserved.`);
  for (const [path, subnet] of Object.entries(state.subnetworks)) {
    if (subnet.network !== network || path === except) continue;
    const theirs = [subnet.ipCidrRange, ...subnet.secondaryIpRanges.map((one) => one.ipCidrRange)];
    if (!theirs.some((one) => overlap(range, cidrRange(one)))) continue;
    const region = parsePath(path)!.location;
    throw invalid(
      field,
      text,
      `Invalid IPCidrRange: ${text} conflicts with existing subnetwork '${subnet.name}' in region '${region}'.`,
    );
  }
}

/** Throws when a static route would lie within the range: packets to the range would leave the subnetwork. */
function checkStaticRoutes(state: CloudState, network: Path, field: string, text: string): void {
  const within = Object.values(state.routes).find(
    (route) => route.network === network && contains(cidrRange(text), cidrRange(route.destRange)),
  );
  if (!within) return;
  const { name, destRange } = within;
  throw invalid(field, text, `Invalid IPCidrRange: ${text} conflicts with static route '${name}' (${destRange}).`);
}

/** Checks the ranges of a subnetwork against each other, and against the other ranges of the network. */
function checkRanges(state: CloudState, network: Path, primary: string, others: SecondaryRange[], except?: Path): void {
  checkRange(state, network, "resource.ipCidrRange", primary, except);
  others.forEach((other, index) => {
    const field = `resource.secondaryIpRanges[${index}].ipCidrRange`;
    checkRange(state, network, field, other.ipCidrRange, except);
    const clash = [primary, ...others.slice(0, index).map((one) => one.ipCidrRange)].find((one) =>
      overlap(cidrRange(one), cidrRange(other.ipCidrRange)),
    );
    if (clash) throw invalid(field, other.ipCidrRange, `The range overlaps ${clash} of the same subnetwork.`);
  });
}

function refuseUnsupported(wanted: { purpose?: string; stackType?: string }): void {
  if (wanted.purpose && wanted.purpose !== "PRIVATE") throw notEmulated(`subnetworks of purpose ${wanted.purpose}`);
  if (wanted.stackType && wanted.stackType !== "IPV4_ONLY") throw notEmulated(`IPv6 (stackType ${wanted.stackType})`);
}

const fingerprintOf = (subnet: Subnetwork) =>
  fingerprint([subnet.ipCidrRange, subnet.secondaryIpRanges, subnet.logConfig, subnet.privateIpGoogleAccess]);

const secondary = (ranges: SecondaryRange[] | undefined) =>
  (ranges ?? []).map(({ rangeName, ipCidrRange }) => ({ rangeName, ipCidrRange }));

export const subnetworks: Kind<"subnetworks"> = {
  collection: "subnetworks",
  kind: "compute#subnetwork",
  label: "subnetwork",
  scope: "regions",

  create(draft, place, body) {
    const wanted = check(Body, body);
    refuseUnsupported(wanted);
    const network = reference("resource.network", wanted.network, { ...place, scope: "global" }, "networks");
    if (!draft.networks[network]) throw notFound(network);
    const secondaryIpRanges = secondary(wanted.secondaryIpRanges);
    checkRanges(draft, network, wanted.ipCidrRange, secondaryIpRanges);
    return {
      name: wanted.name,
      description: wanted.description,
      network,
      ipCidrRange: wanted.ipCidrRange,
      privateIpGoogleAccess: wanted.privateIpGoogleAccess ?? false,
      secondaryIpRanges,
      logConfig: wanted.logConfig ?? { enable: false },
    };
  },

  render(_state, _path, subnet: Subnetwork) {
    return {
      network: link(subnet.network),
      ipCidrRange: subnet.ipCidrRange,
      gatewayAddress: gatewayOf(subnet.ipCidrRange),
      privateIpGoogleAccess: subnet.privateIpGoogleAccess,
      privateIpv6GoogleAccess: "DISABLE_GOOGLE_ACCESS",
      purpose: "PRIVATE",
      stackType: "IPV4_ONLY",
      enableFlowLogs: subnet.logConfig.enable === true,
      logConfig: subnet.logConfig,
      allowSubnetCidrRoutesOverlap: false,
      ...(subnet.secondaryIpRanges.length > 0 && { secondaryIpRanges: subnet.secondaryIpRanges }),
      fingerprint: fingerprintOf(subnet),
    };
  },

  user(state, path) {
    const instance = Object.keys(state.instances).find((one) => state.instances[one]!.nic.subnetwork === path);
    return instance ?? Object.keys(state.addresses).find((one) => state.addresses[one]!.subnetwork === path);
  },
};

export function subnetworkRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerKind(app, cloud, subnetworks);
  registerMethod(app, cloud, subnetworks, "PATCH", "", (draft, path, subnet, request) => {
    const wanted = check(Patch, request.body);
    refuseUnsupported(wanted);
    if (wanted.fingerprint !== fingerprintOf(subnet)) throw conditionNotMet("Invalid fingerprint.");
    if (wanted.secondaryIpRanges) {
      checkRanges(draft, subnet.network, subnet.ipCidrRange, wanted.secondaryIpRanges, path);
      subnet.secondaryIpRanges = secondary(wanted.secondaryIpRanges);
    }
    subnet.logConfig = wanted.logConfig ?? subnet.logConfig;
    subnet.privateIpGoogleAccess = wanted.privateIpGoogleAccess ?? subnet.privateIpGoogleAccess;
  });
  registerMethod(app, cloud, subnetworks, "POST", "expandIpCidrRange", (draft, path, subnet, request) => {
    const { ipCidrRange } = check(Expand, request.body);
    const [wider, present] = [cidrRange(ipCidrRange), cidrRange(subnet.ipCidrRange)];
    if (!contains(wider, present) || ipCidrRange === subnet.ipCidrRange) {
      throw invalid("resource.ipCidrRange", ipCidrRange, `The range must be wider than ${subnet.ipCidrRange}.`);
    }
    checkRanges(draft, subnet.network, ipCidrRange, subnet.secondaryIpRanges, path);
    subnet.ipCidrRange = ipCidrRange;
  });
  const PrivateAccess = z.strictObject({ privateIpGoogleAccess: z.boolean() });
  registerMethod(app, cloud, subnetworks, "POST", "setPrivateIpGoogleAccess", (_draft, _path, subnet, request) => {
    subnet.privateIpGoogleAccess = check(PrivateAccess, request.body).privateIpGoogleAccess;
  });
}
