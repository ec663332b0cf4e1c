/**
 * The state of the local cloud: plain, serialisable data, with the names that the Compute Engine API uses.
 * What follows from it (users of an address, fingerprints, self links) is computed when needed.
 */

/** A resource's self link without the API's prefix, e.g. `projects/p/zones/us-central1-a/instances/controller-0`. */
export type Path = string;

export interface Resource {
  /** A number as text, because 64-bit ids do not fit in a double. */
  id: string;
  name: string;
  description?: string;
  creationTimestamp: string;
}

export type Labels = Record<string, string>;

export interface MetadataItem {
  key: string;
  value: string;
}

export interface Network extends Resource {
  /** The fabric's number for this network. */
  number: number;
  autoCreateSubnetworks: boolean;
  mtu: number;
  routingMode: "REGIONAL" | "GLOBAL";
  networkFirewallPolicyEnforcementOrder: string;
}

export interface SecondaryRange {
  rangeName: string;
  ipCidrRange: string;
}

export interface Subnetwork extends Resource {
  network: Path;
  ipCidrRange: string;
  privateIpGoogleAccess: boolean;
  secondaryIpRanges: SecondaryRange[];
  logConfig: Record<string, unknown>;
}

export interface FirewallProtocol {
  IPProtocol: string;
  ports?: string[];
}

export interface Firewall extends Resource {
  network: Path;
  priority: number;
  direction: "INGRESS" | "EGRESS";
  /** Exactly one of `allowed` and `denied` is set. */
  allowed?: FirewallProtocol[];
  denied?: FirewallProtocol[];
  sourceRanges?: string[];
  destinationRanges?: string[];
  sourceTags?: string[];
  targetTags?: string[];
  disabled: boolean;
  logConfig: { enable: boolean; metadata?: string };
}

/** A static route. Exactly one next hop is set. It stays when the instance is deleted, and works again with a new one of its name. */
export interface Route extends Resource {
  network: Path;
  destRange: string;
  priority: number;
  nextHopInstance?: Path;
  /** The internal address of an instance, which need not exist. */
  nextHopIp?: string;
}

export type NetworkTier = "PREMIUM" | "STANDARD";

export interface Address extends Resource {
  address: string;
  addressType: "EXTERNAL" | "INTERNAL";
  networkTier: NetworkTier;
  /** Only an internal address has one. */
  subnetwork?: Path;
  labels: Labels;
}

export interface Disk extends Resource {
  sizeGb: number;
  /** Disk type's name, e.g. `pd-balanced`. */
  type: string;
  sourceImage: Path;
  labels: Labels;
  /** The fabric's number for the machine that boots from this disk. It stays with the disk when the instance is deleted. */
  machineId: number;
}

export type InstanceStatus = "PROVISIONING" | "STAGING" | "RUNNING" | "STOPPING" | "TERMINATED";

export interface AccessConfig {
  name: string;
  /** Undefined while the instance is stopped, if the address is ephemeral. */
  natIP?: string;
  networkTier: NetworkTier;
}

export interface NetworkInterface {
  network: Path;
  subnetwork: Path;
  networkIP: string;
  accessConfig?: AccessConfig;
  /** Stored and returned, without effect: every machine has a veth. */
  nicType?: string;
}

export interface BootDisk {
  disk: Path;
  deviceName: string;
  autoDelete: boolean;
}

export interface Instance extends Resource {
  /** Machine type's name, e.g. `e2-standard-2`. */
  machineType: string;
  status: InstanceStatus;
  canIpForward: boolean;
  tags: string[];
  metadata: MetadataItem[];
  labels: Labels;
  nic: NetworkInterface;
  boot: BootDisk;
  scheduling: Record<string, unknown>;
  serviceAccounts: { email: string; scopes: string[] }[];
  shieldedInstanceConfig: Record<string, boolean>;
  deletionProtection: boolean;
  displayDevice: boolean;
  hostname?: string;
  minCpuPlatform?: string;
  lastStartTimestamp?: string;
  lastStopTimestamp?: string;
  /** Values that the machine itself has written, by namespace and key. */
  guestAttributes: Record<string, Record<string, string>>;
}

export interface HttpHealthCheck extends Resource {
  host: string;
  requestPath: string;
  port: number;
  checkIntervalSec: number;
  timeoutSec: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
}

export type SessionAffinity = "NONE" | "CLIENT_IP" | "CLIENT_IP_PROTO";

export interface TargetPool extends Resource {
  instances: Path[];
  /** At most one, as on Google Cloud. */
  healthChecks: Path[];
  sessionAffinity: SessionAffinity;
}

export interface ForwardingRule extends Resource {
  IPAddress: string;
  IPProtocol: "TCP" | "UDP";
  /** First and last port, e.g. `6443-6443`. */
  portRange: string;
  target: Path;
  networkTier: NetworkTier;
  labels: Labels;
}

export interface OperationError {
  code: string;
  message: string;
}

export interface Operation {
  id: string;
  name: string;
  operationType: string;
  target: Path;
  targetId: string;
  status: "PENDING" | "RUNNING" | "DONE";
  progress: number;
  insertTime: string;
  startTime: string;
  endTime?: string;
  error?: OperationError;
  httpErrorStatusCode?: number;
  /** The caller's `requestId`. A request that is sent again with the same id is not carried out again. */
  clientOperationId?: string;
}

export type Health = "HEALTHY" | "UNHEALTHY";

/** What Google would refuse in a project. A project without restrictions may do everything. */
export interface Restrictions {
  /** Services that are not enabled, such as `compute.googleapis.com`. */
  disabledServices: string[];
  /** Permissions that the caller lacks, such as `compute.instances.create`. */
  deniedPermissions: string[];
  /** Limits of quotas, by metric. A regional one holds for each region. */
  quotas: Record<string, number>;
  /** Constraints of organization policies that are enforced, or deny all values, such as `compute.vmExternalIpAccess`. */
  policies: string[];
  /** Zones that have no room for another machine. */
  exhaustedZones: string[];
  /** Whether too many queries for an instance's guest attributes are refused. */
  guestAttributeLimits: boolean;
}

export interface Project {
  metadata: MetadataItem[];
  restrictions?: Restrictions;
}

export interface CloudState {
  version: 1;
  projects: Record<string, Project>;
  networks: Record<Path, Network>;
  subnetworks: Record<Path, Subnetwork>;
  firewalls: Record<Path, Firewall>;
  routes: Record<Path, Route>;
  addresses: Record<Path, Address>;
  disks: Record<Path, Disk>;
  instances: Record<Path, Instance>;
  httpHealthChecks: Record<Path, HttpHealthCheck>;
  targetPools: Record<Path, TargetPool>;
  forwardingRules: Record<Path, ForwardingRule>;
  operations: Record<Path, Operation>;
  /** The last verdict by instance and health check, with which a new daemon goes on. */
  health: Record<Path, Record<Path, Health>>;
}

/** The collections of resources that users make, by their names in the API. */
export type Collection = Exclude<keyof CloudState, "version" | "projects" | "operations" | "health">;

export function emptyState(): CloudState {
  return {
    version: 1,
    projects: {},
    networks: {},
    subnetworks: {},
    firewalls: {},
    routes: {},
    addresses: {},
    disks: {},
    instances: {},
    httpHealthChecks: {},
    targetPools: {},
    forwardingRules: {},
    operations: {},
    health: {},
  };
}
