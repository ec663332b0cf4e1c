import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { isIPv4, parseCidr } from "../../../lib/ipv4";
import { Firewall } from "../state/model";
import { Cloud } from "../engine/cloud";
import { ApiError, invalid, notEmulated, notFound, required } from "./errors";
import { Kind, registerKind, registerMethod } from "./kind";
import { link, reference } from "./links";
import { Place } from "../state/path";
import { check, integer, resource, resourceName, tags } from "./schema";

const PROTOCOLS = ["all", "tcp", "udp", "icmp", "esp", "ah", "sctp", "ipip"];
const WITH_PORTS = ["tcp", "udp", "sctp", "6", "17", "132"];

const protocol = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => PROTOCOLS.includes(text) || (/^\d{1,3}$/.test(text) && Number(text) <= 255), {
    error: `Must be one of ${PROTOCOLS.join(", ")}, or an IP protocol number.`,
  });

const port = z.string().refine(
  (text) => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    return match !== null && first <= last && last <= 65535;
  },
  { error: "Must be a port such as 22 or a range of ports such as 1000-2000." },
);

const rules = z
  .array(z.strictObject({ IPProtocol: protocol, ports: z.array(port).optional() }))
  .transform((list) => list.map(({ IPProtocol, ports }) => ({ IPProtocol, ...(ports?.length && { ports }) })));

const range = z.string().refine((text) => parseCidr(text) !== undefined || isIPv4(text), {
  error: "Must be an IPv4 address or an IPv4 CIDR range without host bits, such as 10.0.0.0/24.",
});
const ranges = z.array(range).max(5000);
const accounts = z.array(z.string()).optional();

const shape = {
  network: z.string(),
  priority: integer(0, 65535),
  direction: z.enum(["INGRESS", "EGRESS"]),
  allowed: rules,
  denied: rules,
  sourceRanges: ranges,
  destinationRanges: ranges,
  sourceTags: tags,
  targetTags: tags,
  sourceServiceAccounts: accounts,
  targetServiceAccounts: accounts,
  disabled: z.boolean(),
  logConfig: z.strictObject({ enable: z.boolean().default(false), metadata: z.string().optional() }),
};
const Body = resource({ name: resourceName, ...shape })
  .partial()
  .required({ name: true });
const Patch = Body.partial();
type Wanted = z.output<typeof Patch>;

const LISTS = ["sourceRanges", "destinationRanges", "sourceTags", "targetTags"] as const;

/** Throws when the fields of a rule contradict each other. Runs on the whole rule, after an insert and after a patch. */
function checkRule(rule: Omit<Firewall, "id" | "creationTimestamp">): void {
  if (!rule.allowed === !rule.denied) {
    throw new ApiError(400, "invalid", "Exactly one of resource.allowed and resource.denied must be specified.");
  }
  (rule.allowed ?? rule.denied)!.forEach(({ IPProtocol, ports }, index) => {
    if (!ports || WITH_PORTS.includes(IPProtocol)) return;
    const field = `resource.${rule.allowed ? "allowed" : "denied"}[${index}].ports`;
    throw invalid(field, ports, `Ports are for ${WITH_PORTS.slice(0, 3).join(", ")} only, not for ${IPProtocol}.`);
  });
  if (rule.direction === "EGRESS" && rule.sourceTags) {
    throw invalid("resource.sourceTags", rule.sourceTags, "Must not be set on a rule of direction EGRESS.");
  }
}

/** A rule applies to all addresses of the other side, unless it says to which. */
function defaults(rule: Omit<Firewall, "id" | "creationTimestamp">): void {
  if (rule.direction === "EGRESS") rule.destinationRanges ??= ["0.0.0.0/0"];
  else if (!rule.sourceTags) rule.sourceRanges ??= ["0.0.0.0/0"];
}

function refuseAccounts({ sourceServiceAccounts, targetServiceAccounts }: Wanted): void {
  if (sourceServiceAccounts?.length || targetServiceAccounts?.length) {
    throw notEmulated("firewall rules by service account; use tags");
  }
}

/** Sets the fields that the request has. An empty list clears its field. */
function assign(rule: Omit<Firewall, "id" | "creationTimestamp">, wanted: Wanted): void {
  rule.priority = wanted.priority ?? rule.priority;
  rule.disabled = wanted.disabled ?? rule.disabled;
  rule.logConfig = wanted.logConfig ?? rule.logConfig;
  rule.description = wanted.description ?? rule.description;
  for (const field of ["allowed", "denied"] as const) {
    if (wanted[field]) rule[field] = wanted[field].length > 0 ? wanted[field] : undefined;
  }
  for (const field of LISTS) {
    if (wanted[field]) rule[field] = wanted[field].length > 0 ? wanted[field] : undefined;
  }
}

export const firewalls: Kind<"firewalls"> = {
  collection: "firewalls",
  kind: "compute#firewall",
  label: "firewall",
  scope: "global",

  create(draft, place: Place, body) {
    const wanted = check(Body, body);
    refuseAccounts(wanted);
    const network = reference("resource.network", wanted.network ?? "default", place, "networks");
    if (!draft.networks[network]) throw notFound(network);
    const rule = {
      name: wanted.name,
      network,
      priority: 1000,
      direction: wanted.direction ?? "INGRESS",
      disabled: false,
      logConfig: { enable: false },
    };
    assign(rule, wanted);
    checkRule(rule);
    defaults(rule);
    return rule;
  },

  render(_state, _path, rule: Firewall) {
    const { network, priority, direction, allowed, denied, disabled, logConfig } = rule;
    const lists = Object.fromEntries(LISTS.filter((field) => rule[field]).map((field) => [field, rule[field]]));
    return {
      network: link(network),
      priority,
      direction,
      ...(allowed && { allowed }),
      ...(denied && { denied }),
      ...lists,
      disabled,
      logConfig,
    };
  },
};

export function firewallRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerKind(app, cloud, firewalls);
  const change = (rule: Firewall, wanted: Wanted, place: Place) => {
    refuseAccounts(wanted);
    if (wanted.direction && wanted.direction !== rule.direction) {
      throw invalid("resource.direction", wanted.direction, "The direction of a rule cannot be changed.");
    }
    if (wanted.network && reference("resource.network", wanted.network, place, "networks") !== rule.network) {
      throw invalid("resource.network", wanted.network, "The network of a rule cannot be changed.");
    }
    assign(rule, wanted);
    checkRule(rule);
    defaults(rule);
  };
  registerMethod(app, cloud, firewalls, "PATCH", "", (_draft, _path, rule, request) => {
    const { project } = request.params as { project: string };
    change(rule, check(Patch, request.body), { project, scope: "global" });
  });
  registerMethod(
    app,
    cloud,
    firewalls,
    "PUT",
    "",
    (_draft, _path, rule, request) => {
      const wanted = check(Patch, request.body);
      const { project } = request.params as { project: string };
      if (!wanted.allowed && !wanted.denied) throw required("resource.allowed");
      for (const field of [...LISTS, "allowed", "denied"] as const) rule[field] = undefined;
      change(rule, wanted, { project, scope: "global" });
    },
    "update",
  );
}
