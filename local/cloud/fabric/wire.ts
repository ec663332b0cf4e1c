/** A machine's network namespace and its link to the router. */

import { isWithin } from "../../../lib/ipv4";
import type { FabricMachine, FabricNetwork } from "./contract";
import { GUEST_ROUTE_PROTOCOL, machineName, MTU, networkName } from "./names";
import { macAddress } from "../addresses";
import { ipBatch, ipJson, namespaceExists, setSysctls } from "./namespaces";
import { deleteLink } from "./links";
import { machineRoutes, type RouteText } from "./routes";

/** The gateway of a machine's subnetwork. Throws when the network or the subnetwork is unknown. */
export function gatewayFor(machine: FabricMachine, network: FabricNetwork | undefined): string {
  if (!network) throw new Error(`The network ${machine.networkId} of the machine ${machine.name} has not converged.`);
  const gateway = network.subnets.find(({ cidr }) => isWithin(machine.internalIp, cidr))?.gateway;
  if (gateway) return gateway;
  throw new Error(`No subnetwork of ${network.name} holds ${machine.internalIp}, the address of ${machine.name}.`);
}

/** What a machine's link depends on besides the machine. */
export interface Wiring {
  /** The gateway of its subnetwork. */
  gateway: string;
  /** The routes of its network of which it is the next hop. */
  through: RouteText[];
}

/**
 * Makes a new namespace and link for a machine, without anything from an earlier boot, and sets its addresses and routes.
 * `balanced`: the load balancer addresses for which it answers.
 */
export async function wire(machine: FabricMachine, wiring: Wiring, balanced: readonly string[]): Promise<void> {
  await unwire(machine.id);
  const name = machineName(machine.id);
  await ipBatch(networkName(machine.networkId), [`netns add ${name}`, ...linkCommands(machine, wiring)]);
  await ipBatch(name, ["link set lo up", ...addressCommands(machine, wiring), ...balancedChanges([], balanced)]);
  // On Google Cloud, the guest does this. Here, the machine's root lacks the capability.
  if (machine.canIpForward) await setSysctls(name, { "net.ipv4.ip_forward": 1 });
}

/** Commands for the router's namespace. */
function linkCommands(machine: FabricMachine, { through }: Wiring): string[] {
  const name = machineName(machine.id);
  const machineEnd = `name eth0 mtu ${MTU} address ${macAddress(machine.internalIp)} netns ${name}`;
  return [
    `link add ${name} mtu ${MTU} type veth peer ${machineEnd}`,
    `link set ${name} up`,
    ...machineRoutes(machine, through),
  ];
}

/** Commands for the machine's namespace. */
function addressCommands({ internalIp }: FabricMachine, { gateway }: Wiring): string[] {
  return [
    `address add ${internalIp}/32 dev eth0`,
    "link set eth0 addrgenmode none",
    "link set eth0 up",
    `route add ${gateway} dev eth0 scope link`,
    `route add default via ${gateway} dev eth0`,
  ];
}

/** Makes a new link between a running machine and its router, after the router's namespace was made again. */
export async function rewire(machine: FabricMachine, wiring: Wiring): Promise<void> {
  await cut(machine.id);
  await ipBatch(networkName(machine.networkId), linkCommands(machine, wiring));
  await ipBatch(machineName(machine.id), addressCommands(machine, wiring));
}

/** Removes a machine's link and namespace, if they exist. */
export async function unwire(machineId: number): Promise<void> {
  const name = machineName(machineId);
  if (!namespaceExists(name)) return;
  await cut(machineId);
  await ipBatch(undefined, [`netns del ${name}`]);
}

/** Cuts a machine's link. After that, the other ends of its connections do not even see them close. */
export async function cut(machineId: number): Promise<void> {
  const name = machineName(machineId);
  if (namespaceExists(name)) await deleteLink(name, "eth0");
}

/** Makes the address local, as Google's guest agent does. The machine then answers for it, and reaches itself by it. */
const addBalanced = (address: string) =>
  `route replace local ${address} dev eth0 scope host table local proto ${GUEST_ROUTE_PROTOCOL}`;

const removeBalanced = (address: string) =>
  `route del local ${address} dev eth0 table local proto ${GUEST_ROUTE_PROTOCOL}`;

/** Makes a running machine answer for exactly these load balancer addresses. */
export async function balance(machineId: number, wanted: readonly string[]): Promise<void> {
  const name = machineName(machineId);
  const show = ["-4", "route", "show", "table", "local", "proto", String(GUEST_ROUTE_PROTOCOL)];
  const there = await ipJson<{ dst: string }>(name, show);
  await ipBatch(
    name,
    balancedChanges(
      there.map(({ dst }) => dst),
      wanted,
    ),
  );
}

/** Commands, for a machine's namespace, that change the load balancer addresses `there` into those `wanted`. */
export function balancedChanges(there: readonly string[], wanted: readonly string[]): string[] {
  return [
    ...there.filter((address) => !wanted.includes(address)).map(removeBalanced),
    ...wanted.filter((address) => !there.includes(address)).map(addBalanced),
  ];
}
