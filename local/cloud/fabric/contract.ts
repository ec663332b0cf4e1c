/**
 * What the Compute Engine API asks of the machines and wires below it.
 *
 * The API (`api/`) keeps the resources and decides; the fabric (`fabric/`) makes machines and networks real:
 * systemd-nspawn, network namespaces, nftables. Everything here is plain data, so either side can be tested alone.
 */

/** A VPC network: a routing domain of its own (two networks may use the same addresses). */
export interface FabricNetwork {
  /** Small number, unique among living networks, never reused while one with it lives; names namespaces and links. */
  id: number;
  name: string;
  subnets: { name: string; cidr: string; gateway: string }[];
  /** In any order; the fabric sorts by priority (lower wins; at equal priority deny wins over allow). */
  firewalls: FabricFirewall[];
}

export interface FabricFirewall {
  name: string;
  priority: number;
  direction: "INGRESS" | "EGRESS";
  action: "allow" | "deny";
  /** Source ranges (ingress) or destination ranges (egress). */
  ranges: string[];
  /** Ingress only: also matches traffic from machines with one of these tags. */
  sourceTags: string[];
  /** Empty: every machine of the network. */
  targetTags: string[];
  /** `all` or an IANA name or number; ports only for tcp, udp and sctp: "80" or "1000-2000"; empty: all ports. */
  protocols: { protocol: string; ports: string[] }[];
}

/** An instance as the fabric sees it. */
export interface FabricMachine {
  /** Small number, unique among living machines; names the namespace, links, directories and the identity address. */
  id: number;
  /** The instance's name, its host name too. */
  name: string;
  networkId: number;
  internalIp: string;
  /** From 203.0.113.0/24, or undefined: no external address. */
  externalIp?: string;
  tags: string[];
  canIpForward: boolean;
  /** From the machine type. */
  cpus: number;
  memoryMiB: number;
  /** The boot image's name, e.g. `debian-12`; its root file system is found by the fabric. */
  image: string;
}

/** A forwarding rule with its target pool: TCP or UDP passed through, the destination address unchanged. */
export interface FabricLoadBalancer {
  address: string;
  protocol: "tcp" | "udp";
  /** First and last port. */
  ports: [number, number];
  /** Every member: each takes the address as its own (Google's guest agent does this), so a member that calls it reaches itself. */
  members: number[];
  /** Members that get new connections; the API already applied health (all members when none is healthy, as on Google Cloud). */
  targets: number[];
  sessionAffinity: "NONE" | "CLIENT_IP" | "CLIENT_IP_PROTO";
}

export interface FabricState {
  networks: FabricNetwork[];
  machines: FabricMachine[];
  loadBalancers: FabricLoadBalancer[];
}

export interface Fabric {
  /** Makes the namespaces, links, addresses, routes, firewall and load balancer what `state` says; idempotent, calls are serialised. */
  converge(state: FabricState): Promise<void>;
  /** Boots a machine whose network has converged; makes its disk from the image the first time. Resolves when its init has started. */
  boot(machine: FabricMachine): Promise<void>;
  /** Stops a machine: cleanly within 20 s, else by force; with `force` at once, as when power fails. The disk stays. */
  halt(machineId: number, options?: { force?: boolean }): Promise<void>;
  /** Halts by force and removes the disk. Resolves also when there is nothing. */
  erase(machineId: number): Promise<void>;
  /** Ids of the machines whose init runs now, found by looking, not by memory (the emulator may have been restarted). */
  running(): Promise<Set<number>>;
  /** What the machine has written to its console since its last boot; empty when there is no disk. */
  console(machineId: number): Promise<Buffer>;
  /** Tells when a machine stopped by itself (poweroff inside, or killed). */
  onExit(listener: (machineId: number) => void): void;
}
