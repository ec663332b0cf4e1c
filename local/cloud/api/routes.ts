import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { EXTERNAL_RANGE, IDENTITY_RANGE } from "../addresses";
import { cidrRange, contains, isWithin, overlap } from "../../../lib/ipv4";
import { CloudState, Path, Route } from "../state/model";
import { Cloud } from "../engine/cloud";
import { ApiError, invalid, notEmulated, notFound } from "./errors";
import { Kind, registerKind } from "./kind";
import { link, reference } from "./links";
import { nextHop, rangesOf } from "../state/queries";
import { parsePath, Place } from "../state/path";
import { address, check, cidr, ignored, integer, resource, resourceName, tags } from "./schema";

const OTHER_HOPS = ["nextHopGateway", "nextHopIlb", "nextHopVpnTunnel"] as const;

const Body = resource({
  name: resourceName,
  network: z.string(),
  destRange: cidr,
  priority: integer(0, 65535).default(1000),
  tags: tags.optional(),
  nextHopInstance: z.string().optional(),
  nextHopIp: address.optional(),
  nextHopGateway: z.string().optional(),
  nextHopIlb: z.string().optional(),
  nextHopVpnTunnel: z.string().optional(),
  nextHopNetwork: ignored,
  nextHopPeering: ignored,
  nextHopHub: ignored,
  nextHopOrigin: ignored,
  nextHopMed: ignored,
  nextHopInterRegionCost: ignored,
  routeType: ignored,
  routeStatus: ignored,
  asPaths: ignored,
  warnings: ignored,
});
type Wanted = z.output<typeof Body>;

/** Ranges that Google does not route, and those that have a meaning of their own in the local cloud. */
const FORBIDDEN = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", EXTERNAL_RANGE, IDENTITY_RANGE];

function checkDestination(state: CloudState, network: Path, text: string): void {
  const destination = cidrRange(text);
  const hidden = rangesOf(state, network).find((range) => contains(cidrRange(range), destination));
  if (hidden) {
    const why = `${text} hides the address space of the network (${hidden}). Cannot change the routing of packets destined for the network.`;
    throw invalid("resource.destRange", text, why);
  }
  const forbidden = FORBIDDEN.find((range) => overlap(destination, cidrRange(range)));
  if (forbidden && contains(cidrRange(forbidden), destination)) {
    throw invalid("resource.destRange", text, `The range must not lie within ${forbidden}.`);
  }
  if (forbidden) throw notEmulated(`routes to outside of a network (${text} overlaps ${forbidden})`);
}

/** The instance of a reference, which must name its project and zone, because the route itself is in no zone. */
function instanceOf(state: CloudState, text: string, network: Path, place: Place): Path {
  const field = "resource.nextHopInstance";
  const path = reference(field, text, { project: place.project, scope: "zones", location: "" }, "instances");
  if (parsePath(path)!.project !== place.project) {
    throw invalid(field, text, "The instance must be in the project of the route.");
  }
  const instance = state.instances[path];
  if (!instance) throw notFound(path);
  if (instance.nic.network !== network) throw invalid(field, text, "The instance must be in the network of the route.");
  return path;
}

function hop(state: CloudState, wanted: Wanted, network: Path, place: Place) {
  const given = (["nextHopInstance", "nextHopIp", ...OTHER_HOPS] as const).filter((field) => wanted[field]);
  if (given.length === 0) throw usage("A Route must specify at least one type of next hop.");
  if (given.length > 1) throw usage("A Route must not specify more than one type of next hop.");
  const other = OTHER_HOPS.find((field) => wanted[field]);
  if (other) throw notEmulated(`routes with ${other}`);
  const { nextHopInstance, nextHopIp } = wanted;
  if (nextHopInstance) return { nextHopInstance: instanceOf(state, nextHopInstance, network, place) };
  const subnets = Object.values(state.subnetworks).filter((subnet) => subnet.network === network);
  if (!subnets.some((subnet) => isWithin(nextHopIp!, subnet.ipCidrRange))) {
    throw invalid("resource.nextHopIp", nextHopIp, "The address must lie in a subnetwork of the network of the route.");
  }
  return { nextHopIp };
}

const usage = (what: string) => new ApiError(400, "invalidResourceUsage", `Invalid resource usage: '${what}'.`);

export const routes: Kind<"routes"> = {
  collection: "routes",
  kind: "compute#route",
  label: "route",
  scope: "global",

  create(draft, place: Place, body) {
    const wanted = check(Body, body);
    const network = reference("resource.network", wanted.network, place, "networks");
    if (!draft.networks[network]) throw notFound(network);
    if (wanted.tags?.length) throw notEmulated("routes that apply only to instances with tags");
    checkDestination(draft, network, wanted.destRange);
    return {
      name: wanted.name,
      description: wanted.description,
      network,
      destRange: wanted.destRange,
      priority: wanted.priority,
      ...hop(draft, wanted, network, place),
    };
  },

  render(state, _path, route: Route) {
    const { network, destRange, priority, nextHopInstance, nextHopIp } = route;
    const { warning } = nextHop(state, route);
    return {
      network: link(network),
      destRange,
      priority,
      ...(nextHopInstance && { nextHopInstance: link(nextHopInstance) }),
      ...(nextHopIp && { nextHopIp }),
      routeType: "STATIC",
      ...(warning && { warnings: [warning] }),
    };
  },
};

export function routeRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerKind(app, cloud, routes);
}
