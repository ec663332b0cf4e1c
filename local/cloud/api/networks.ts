import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { autoRange, REGIONS } from "../../../lib/regions";
import { fingerprint } from "../state/fingerprint";
import { CloudState, Network, Path } from "../state/model";
import { Cloud } from "../engine/cloud";
import { invalid, notEmulated, required } from "./errors";
import { add, Kind, registerKind, registerMethod } from "./kind";
import { link } from "./links";
import { parsePath, pathOf, Place } from "../state/path";
import { check, ignored, integer, resource, resourceName } from "./schema";

const shape = {
  autoCreateSubnetworks: z.boolean().optional(),
  mtu: integer(1300, 8896).default(1460),
  routingConfig: z
    .looseObject({ routingMode: z.enum(["REGIONAL", "GLOBAL"]).default("REGIONAL") })
    .default({ routingMode: "REGIONAL" }),
  networkFirewallPolicyEnforcementOrder: z
    .enum(["AFTER_CLASSIC_FIREWALL", "BEFORE_CLASSIC_FIREWALL"])
    .default("AFTER_CLASSIC_FIREWALL"),
  enableUlaInternalIpv6: z.boolean().optional(),
  internalIpv6Range: ignored,
  networkProfile: ignored,
  subnetworks: ignored,
  peerings: ignored,
  firewallPolicy: ignored,
  gatewayIPv4: ignored,
  IPv4Range: ignored,
};
const Body = resource({ name: resourceName, ...shape });
const Patch = resource({ name: resourceName.optional(), ...shape }).partial();

/** The smallest number, from 1, that no network has. */
function freeNumber(state: CloudState): number {
  const taken = new Set(Object.values(state.networks).map((network) => network.number));
  let number = 1;
  while (taken.has(number)) number += 1;
  return number;
}

function subnetworksOf(state: CloudState, path: Path): Path[] {
  return Object.keys(state.subnetworks).filter((subnet) => state.subnetworks[subnet]!.network === path);
}

/** An auto mode network has a subnetwork in every region. */
function addSubnetworks(draft: CloudState, place: Place, name: string): void {
  for (const region of REGIONS) {
    add(
      draft,
      "subnetworks",
      { project: place.project, scope: "regions", location: region },
      {
        name,
        network: pathOf(place, "networks", name),
        ipCidrRange: autoRange(region)!,
        privateIpGoogleAccess: false,
        secondaryIpRanges: [],
        logConfig: { enable: false },
      },
    );
  }
}

export const networks: Kind<"networks"> = {
  collection: "networks",
  kind: "compute#network",
  label: "network",
  scope: "global",

  create(draft, place, body) {
    const wanted = check(Body, body);
    if (wanted.autoCreateSubnetworks === undefined) throw required("resource.autoCreateSubnetworks");
    if (wanted.enableUlaInternalIpv6) throw notEmulated("IPv6 (enableUlaInternalIpv6)");
    if (wanted.autoCreateSubnetworks) addSubnetworks(draft, place, wanted.name);
    return {
      name: wanted.name,
      description: wanted.description,
      number: freeNumber(draft),
      autoCreateSubnetworks: wanted.autoCreateSubnetworks,
      mtu: wanted.mtu,
      routingMode: wanted.routingConfig.routingMode,
      networkFirewallPolicyEnforcementOrder: wanted.networkFirewallPolicyEnforcementOrder,
    };
  },

  render(state, path, network: Network) {
    const subnetworks = subnetworksOf(state, path).map(link);
    return {
      selfLinkWithId: link(pathOf(parsePath(path)!, "networks", network.id)),
      autoCreateSubnetworks: network.autoCreateSubnetworks,
      ...(subnetworks.length > 0 && { subnetworks }),
      routingConfig: { routingMode: network.routingMode, bgpBestPathSelectionMode: "LEGACY" },
      mtu: network.mtu,
      networkFirewallPolicyEnforcementOrder: network.networkFirewallPolicyEnforcementOrder,
      fingerprint: fingerprint([network.mtu, network.routingMode]),
    };
  },

  user(state, path, network) {
    const rule = Object.keys(state.firewalls).find((one) => state.firewalls[one]!.network === path);
    const route = Object.keys(state.routes).find((one) => state.routes[one]!.network === path);
    const instance = Object.keys(state.instances).find((one) => state.instances[one]!.nic.network === path);
    return rule ?? route ?? instance ?? (network.autoCreateSubnetworks ? undefined : subnetworksOf(state, path)[0]);
  },

  beginDelete(draft, path) {
    for (const subnet of subnetworksOf(draft, path)) delete draft.subnetworks[subnet];
    delete draft.networks[path];
  },
};

export function networkRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerKind(app, cloud, networks);
  registerMethod(app, cloud, networks, "PATCH", "", (_draft, _path, network, request) => {
    const wanted = check(Patch, request.body);
    const given = request.body as Record<string, unknown>;
    if (wanted.autoCreateSubnetworks !== undefined && wanted.autoCreateSubnetworks !== network.autoCreateSubnetworks) {
      throw invalid("resource.autoCreateSubnetworks", wanted.autoCreateSubnetworks, "Use switchToCustomMode.");
    }
    if (given.mtu !== undefined) network.mtu = wanted.mtu!;
    if (given.routingConfig) network.routingMode = wanted.routingConfig!.routingMode;
    if (given.networkFirewallPolicyEnforcementOrder) {
      network.networkFirewallPolicyEnforcementOrder = wanted.networkFirewallPolicyEnforcementOrder!;
    }
  });
  registerMethod(app, cloud, networks, "POST", "switchToCustomMode", (_draft, path, network) => {
    if (!network.autoCreateSubnetworks) throw invalid("network", path, "The network is in custom mode already.");
    network.autoCreateSubnetworks = false;
  });
}
