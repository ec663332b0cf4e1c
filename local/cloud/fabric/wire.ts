/** A machine's network namespace and its link to the router. */

import { isWithin } from "../../../lib/ipv4";
import type { FabricMachine, FabricNetwork } from "./contract";
import { GUEST_ROUTE_PROTOCOL, machineMark, machineName, MTU, networkName } from "./names";
import { macAddress } from "../addresses";
import { ipBatch, ipJson, namespaceExists, setSysctls } from "./namespaces";
import { deleteLink } from "./links";
import { machineRoutes } from "./routes";

/** The gateway of a machine's subnetwork; throws when its network or subnetwork is not known. */
export function gatewayFor(machine: FabricMachine, network: FabricNetwork | undefined): string {
  if (!network) throw new Error(`The network ${machine.networkId} of the machine ${machine.name} has not converged.`);
  const gateway = network.subnets.find(({ cidr }) => isWithin(machine.internalIp, cidr))?.gateway;
  if (gateway) return gateway;
  throw new Error(`No subnetwork of ${network.name} holds ${machine.internalIp}, the address of ${machine.name}.`);
}

/**
 * Makes a machine's namespace and link anew, so that nothing of an earlier boot is left in it, and puts its addresses and
 * routes in. `balanced`: the load balancer addresses that it answers for.
 */
export async function wire(machine: FabricMachine, gateway: string, balanced: readonly string[]): Promise<void> {
  await unwire(machine.id);
  const name = machineName(machine.id);
  await ipBatch(networkName(machine.networkId), [`netns add ${name}`, ...linkCommands(machine)]);
  await ipBatch(name, ["link set lo up", ...addressCommands(machine, gateway), ...balancedChanges([], balanced)]);
  // A guest on Google Cloud does this itself; here its root lacks the capability.
  if (machine.canIpForward) await setSysctls(name, { "net.ipv4.ip_forward": 1 });
}

/** In the router's namespace. */
function linkCommands({ id, internalIp }: FabricMachine): string[] {
  const name = machineName(id);
  const machineEnd = `name eth0 mtu ${MTU} address ${macAddress(internalIp)} netns ${name}`;
  return [
    `link add ${name} mtu ${MTU} type veth peer ${machineEnd}`,
    `link set ${name} up`,
    ...machineRoutes(internalIp, name, machineMark(id)),
  ];
}

/** In the machine's namespace. */
function addressCommands({ internalIp }: FabricMachine, gateway: string): string[] {
  return [
    `address add ${internalIp}/32 dev eth0`,
    "link set eth0 addrgenmode none",
    "link set eth0 up",
    `route add ${gateway} dev eth0 scope link`,
    `route add default via ${gateway} dev eth0`,
  ];
}

/** Puts a new link between a running machine and its router, whose namespace was made anew. */
export async function rewire(machine: FabricMachine, gateway: string): Promise<void> {
  await cut(machine.id);
  await ipBatch(networkName(machine.networkId), linkCommands(machine));
  await ipBatch(machineName(machine.id), addressCommands(machine, gateway));
}

/** Removes a machine's link and namespace; nothing happens when there are none. */
export async function unwire(machineId: number): Promise<void> {
  const name = machineName(machineId);
  if (!namespaceExists(name)) return;
  await cut(machineId);
  await ipBatch(undefined, [`netns del ${name}`]);
}

/** Cuts a machine's link: from now on not even the end of a connection is seen from outside. */
export async function cut(machineId: number): Promise<void> {
  const name = machineName(machineId);
  if (namespaceExists(name)) await deleteLink(name, "eth0");
}

/** As Google's guest agent does it: the address is the machine's own, so it answers, and reaches itself by it. */
const addBalanced = (address: string) =>
  `route replace local ${address} dev eth0 scope host table local proto ${GUEST_ROUTE_PROTOCOL}`;

const removeBalanced = (address: string) =>
  `route del local ${address} dev eth0 table local proto ${GUEST_ROUTE_PROTOCOL}`;

/** Makes a running machine answer for these load balancer addresses and no others. */
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

/** Commands that turn the balanced addresses `there` into those `wanted`, in a machine's namespace. */
export function balancedChanges(there: readonly string[], wanted: readonly string[]): string[] {
  return [
    ...there.filter((address) => !wanted.includes(address)).map(removeBalanced),
    ...wanted.filter((address) => !there.includes(address)).map(addBalanced),
  ];
}
