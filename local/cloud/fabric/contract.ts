/**
 * The contract between the engine and the fabric. The engine decides which machines and networks there are. The fabric makes
 * them, with systemd-nspawn, network namespaces and nftables. They exchange plain data only, so each can be tested without
 * the other. Every fabric must pass the suite in tests/contracts/fabric.ts.
 */

/** A VPC network: a separate routing domain. Two networks may use the same addresses. */
export interface FabricNetwork {
  /** A small number, unique among the networks that exist. Names of namespaces and links contain it. */
  id: number;
  name: string;
  subnets: { name: string; cidr: string; gateway: string }[];
  /** In any order. A lower priority number wins; at equal priority, deny wins over allow. */
  firewalls: FabricFirewall[];
  /** Static routes, in any order. */
  routes: FabricRoute[];
}

/**
 * A static route. The longest prefix wins, then the lower priority number. A next hop that does not run is ignored; when none
 * is left for a range, packets to it are dropped. The routes of subnetworks always win, because no range lies within one.
 */
export interface FabricRoute {
  destRange: string;
  /** 0 to 65535. */
  priority: number;
  /** The machine that gets the packets, with their addresses unchanged. Undefined when there is none. */
  nextHop?: number;
}

export interface FabricFirewall {
  name: string;
  priority: number;
  direction: "INGRESS" | "EGRESS";
  action: "allow" | "deny";
  /** An ingress rule matches a source in one of these ranges, an egress rule also every source when the list is empty. */
  sourceRanges: string[];
  /** An egress rule matches a destination in one of these ranges, an ingress rule also every one when the list is empty. */
  destinationRanges: string[];
  /** An ingress rule also matches traffic from machines that have one of these tags, by their internal addresses. */
  sourceTags: string[];
  /** The rule applies to machines that have one of these tags; when empty, to every machine of the network. */
  targetTags: string[];
  /** Protocol: `all`, or an IANA name or number. Ports, only for tcp, udp and sctp: "80" or "1000-2000"; empty means all. */
  protocols: { protocol: string; ports: string[] }[];
}

/** An instance, as the fabric needs to know it. */
export interface FabricMachine {
  /** A small number, unique among disks. Names of namespaces, links and directories contain it, and the identity address. */
  id: number;
  /** The instance's name, which is also the host name. */
  name: string;
  networkId: number;
  internalIp: string;
  /** In 203.0.113.0/24. Undefined: the machine has no external address. */
  externalIp?: string;
  tags: string[];
  /** Whether it may send packets with any source address, and be the next hop of a route. */
  canIpForward: boolean;
  /** By the machine type. */
  cpus: number;
  memoryMiB: number;
  /** The fabric's name for the boot image, e.g. `debian-12`. */
  image: string;
}

/** A forwarding rule with its target pool. Packets reach a member with their destination address unchanged. */
export interface FabricLoadBalancer {
  address: string;
  protocol: "tcp" | "udp";
  /** First and last port. */
  ports: [number, number];
  /** All members. Each has the address as its own, so a member that calls the address reaches itself. */
  members: number[];
  /** The members that get new connections: the healthy ones or, when none is healthy, all, as on Google Cloud. */
  targets: number[];
  sessionAffinity: "NONE" | "CLIENT_IP" | "CLIENT_IP_PROTO";
}

export interface FabricState {
  networks: FabricNetwork[];
  machines: FabricMachine[];
  loadBalancers: FabricLoadBalancer[];
}

export interface Fabric {
  /** Makes networks, addresses, firewalls and load balancers match `state`. May be repeated; calls run one after another. */
  converge(state: FabricState): Promise<void>;
  /** Boots a machine, whose network must have converged. The first boot makes its disk from the image. Resolves once init runs. */
  boot(machine: FabricMachine): Promise<void>;
  /** Stops a machine and keeps its disk. Shuts it down for at most 20 s, or with `force` not at all; then cuts its power. */
  halt(machineId: number, options?: { force?: boolean }): Promise<void>;
  /** Cuts a machine's power and removes its disk. Succeeds when there is no machine. */
  erase(machineId: number): Promise<void>;
  /** Ids of the machines that run now. Found by looking, because an earlier daemon may have started them. */
  running(): Promise<Set<number>>;
  /** What a machine has written to its console since its last boot; empty when it has no disk. */
  console(machineId: number): Promise<Buffer>;
  /** Calls `listener` when a machine has stopped by itself: it was powered off from inside, or killed. */
  onExit(listener: (machineId: number) => void): void;
}
