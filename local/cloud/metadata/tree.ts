/** A machine's metadata as a tree. Names are `like-this` in paths and `likeThis` in JSON. */
import { idOfProject } from "../state/ids";
import { nameOf, parsePath } from "../state/path";
import { macAddress } from "../addresses";
import { cidrRange, gatewayOf, toText } from "../../../lib/ipv4";
import { CloudState, Instance, MetadataItem, Path } from "../state/model";

export type Leaf = string | number | string[];
export type Node = Leaf | Directory;

/**
 * `map`: keys are converted in JSON. `verbatim`: keys are not converted, because users chose them. `list`: keys are 0, 1, …,
 * and JSON gets an array.
 */
export class Directory {
  constructor(
    readonly style: "map" | "verbatim" | "list",
    readonly entries: Record<string, Node>,
  ) {}
}

const map = (entries: Record<string, Node>) => new Directory("map", entries);
const list = (nodes: Node[]) => new Directory("list", Object.fromEntries(nodes.map((node, index) => [index, node])));
const flag = (value: unknown) => (value ? "TRUE" : "FALSE");

function attributes(items: MetadataItem[]): Directory {
  return new Directory("verbatim", Object.fromEntries(items.map(({ key, value }) => [key, value])));
}

/** Addresses of the forwarding rules whose target pool has this member. The machine treats them as its own. */
function forwardedIps(state: CloudState, path: Path): string[] {
  const rules = Object.values(state.forwardingRules).filter((rule) =>
    state.targetPools[rule.target]?.instances.includes(path),
  );
  return [...new Set(rules.map((rule) => rule.IPAddress))];
}

function networkInterface(state: CloudState, path: Path, { nic }: Instance, projectNumber: string): Directory {
  const { ipCidrRange } = state.subnetworks[nic.subnetwork]!;
  const range = cidrRange(ipCidrRange);
  const { accessConfig } = nic;
  return map({
    "access-configs": list(
      accessConfig ? [map({ "external-ip": accessConfig.natIP ?? "", type: "ONE_TO_ONE_NAT" })] : [],
    ),
    "forwarded-ips": list(forwardedIps(state, path)),
    gateway: gatewayOf(ipCidrRange),
    ip: nic.networkIP,
    "ip-aliases": list([]),
    mac: macAddress(nic.networkIP),
    mtu: String(state.networks[nic.network]!.mtu),
    network: `projects/${projectNumber}/networks/${nameOf(nic.network)}`,
    subnetmask: toText(0x1_0000_0000 - (range.last - range.first + 1)),
  });
}

export function metadataTree(state: CloudState, path: Path): Directory {
  const instance = state.instances[path]!;
  const { project, location } = parsePath(path)!;
  const number = idOfProject(project);
  const { scheduling } = instance;
  return map({
    instance: map({
      attributes: attributes(instance.metadata),
      description: instance.description ?? "",
      disks: list([
        map({
          "device-name": instance.boot.deviceName,
          index: 0,
          interface: "SCSI",
          mode: "READ_WRITE",
          type: "PERSISTENT",
        }),
      ]),
      hostname: instance.hostname ?? `${instance.name}.${location}.c.${project}.internal`,
      id: instance.id,
      image: state.disks[instance.boot.disk]?.sourceImage ?? "",
      "machine-type": `projects/${number}/machineTypes/${instance.machineType}`,
      "maintenance-event": "NONE",
      name: instance.name,
      "network-interfaces": list([networkInterface(state, path, instance, number)]),
      preempted: "FALSE",
      scheduling: map({
        "automatic-restart": flag(scheduling.automaticRestart),
        "on-host-maintenance": String(scheduling.onHostMaintenance),
        preemptible: flag(scheduling.preemptible),
      }),
      "service-accounts": map({}),
      tags: [...instance.tags],
      zone: `projects/${number}/zones/${location}`,
    }),
    project: map({
      attributes: attributes(state.projects[project]?.metadata ?? []),
      "numeric-project-id": number,
      "project-id": project,
    }),
  });
}

/** The node at a path such as `instance/tags`; undefined when the path does not exist. */
export function nodeAt(root: Node, path: string): Node | undefined {
  let node: Node | undefined = root;
  for (const part of path.split("/").filter(Boolean)) {
    if (!(node instanceof Directory) || !Object.hasOwn(node.entries, part)) return undefined;
    node = node.entries[part];
  }
  return node;
}

const camel = (key: string) => key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

export function toJson(node: Node): unknown {
  if (!(node instanceof Directory)) return node;
  const entries = Object.entries(node.entries).map(([key, value]) => [key, toJson(value)] as const);
  if (node.style === "list") return entries.map(([, value]) => value);
  return Object.fromEntries(entries.map(([key, value]) => [node.style === "map" ? camel(key) : key, value]));
}

/** For a directory, its names, one per line, with a slash after each directory. For a leaf, its value. */
export function toLines(node: Node): string {
  if (Array.isArray(node)) return JSON.stringify(node);
  if (!(node instanceof Directory)) return String(node);
  return Object.entries(node.entries)
    .map(([key, value]) => `${key}${value instanceof Directory ? "/" : ""}\n`)
    .join("");
}
