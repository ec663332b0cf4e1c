import { CertificateHost } from "../../../node/certificateNames";
import { Leaf, machineLeaves } from "../../../node/certificates";
import { paths, residentUnits } from "../../../node/layout";
import { ControllerOutput } from "../../../outputs";
import { authorityCertificate, authorityFiles, leafCertificate } from "./fakeCertificates";

/** What etcd's member on a machine is like. */
export interface FakeMember {
  id: string;
  /** curl's error, for a member that does not answer. */
  silent?: string;
  /** Why it calls itself unhealthy. */
  reason?: string;
  leader?: string;
  learner?: boolean;
  errors: string[];
  /** How many members it knows. */
  listed: number;
}

/** A controller as the commands of verify find it. Tests change its fields. */
export interface FakeMachine extends ControllerOutput {
  /** What ssh says when it does not reach the machine. */
  unreachable?: string;
  /** Why every command fails. */
  failing?: string;
  units: Record<string, string>;
  member: FakeMember;
  /** Body and status of /healthz through nginx. */
  healthz: string;
  /** Certificates by path, PEM. */
  certificates: Map<string, string>;
  /** Lines of `ss`: address:port and program. */
  listeners: [string, string][];
  /** HTTP status of each anonymous request. */
  anonymous: string[];
  /** `SIZE:MODE` of the audit log, and how often it has the mark. */
  audit: string;
  /** What kube-apiserver puts before a Secret in etcd; nothing: plain text. */
  encryption: string;
  /** Whether it returns what it was given. */
  forgets?: boolean;
  /** What it says about its backups. */
  backups: Record<"timer" | "last" | "watching" | "INTERVAL_HOURS" | "kept", string | number> & { age?: number };
  inPool: boolean;
  version: string;
}

const made = new Map<string, Map<string, string>>();

/** A copy of the same certificates each time, because to sign them takes longer than to look at them. */
function certificatesOf(named: { name: string; internalIp: string }): Map<string, string> {
  const before = made.get(named.name);
  if (before !== undefined) return new Map(before);
  const leaves = machineLeaves.map((leaf) => [pathOf(leaf), leafCertificate(leaf, hostOf(named))] as const);
  made.set(named.name, new Map([...authorityFiles.map((path) => [path, authorityCertificate()] as const), ...leaves]));
  return certificatesOf(named);
}

const IDS = ["5174815673064413123", "9127260159213099010", "5346400610049027510"];

/** Where a leaf lies on a machine. */
export const pathOf = ({ file }: Leaf): string => file!.certificate;

export const hostOf = ({ name, internalIp }: { name: string; internalIp: string }): CertificateHost => ({
  machineName: name,
  internalIp,
  publicIp: "203.0.113.130",
  apiServiceIp: "10.32.0.1",
  clusterDomain: "cluster.local",
});

export function machine(index: number): FakeMachine {
  const name = `controller-${index}`;
  const internalIp = `10.240.0.1${index}`;
  return {
    name,
    instance: `hardway-local-${name}`,
    instanceId: String(index),
    zone: `us-central1-${"abc"[index]}`,
    hardware: "e2-standard-2",
    internalIp,
    externalIp: `203.0.113.${131 + index}`,
    units: Object.fromEntries(residentUnits.map((unit) => [unit, "active"])),
    member: { id: IDS[index]!, leader: IDS[1], errors: [], listed: 3 },
    healthz: "ok 200",
    certificates: certificatesOf({ name, internalIp }),
    listeners: [
      ["0.0.0.0:22", "sshd"],
      ["0.0.0.0:80", "nginx"],
      ["127.0.0.1:2379", "etcd"],
      [`${internalIp}:2379`, "etcd"],
      [`${internalIp}:2380`, "etcd"],
      ["0.0.0.0:6443", "kube-apiserver"],
      ["127.0.0.1:10257", "kube-controller"],
      ["[::]:22", "sshd"],
    ],
    anonymous: ["401", "401", "401", "401"],
    audit: "181888:600\n1\n",
    encryption: "k8s:enc:secretbox:v1:key1:",
    backups: {
      timer: "active",
      last: "inactive",
      watching: 90_000,
      INTERVAL_HOURS: 6,
      age: 3_900 + 600 * index,
      kept: 8,
    },
    inPool: true,
    version: "v1.36.3",
  };
}

/** What `memberCommand` prints, as seen with etcd 3.7.3, etcdctl and curl 7.88. */
export function memberAnswer({ id, silent, reason, leader, learner, errors, listed }: FakeMember): string {
  if (silent !== undefined) return `\nHTTP 000 ${silent}\n`;
  const health = JSON.stringify({ health: String(reason === undefined), reason: reason ?? "" });
  // etcd leaves out what is zero or false.
  const status = [
    `"header":{"cluster_id":4286246689084182526,"member_id":${id},"revision":1205,"raft_term":2}`,
    `"version":"3.7.3","dbSize":1007616,"raftTerm":2,"dbSizeQuota":8589934592`,
    ...(leader === undefined ? [] : [`"leader":${leader}`]),
    ...(learner ? [`"isLearner":true`] : []),
    ...(errors.length === 0 ? [] : [`"errors":${JSON.stringify(errors)}`]),
  ];
  const members = JSON.stringify({ header: {}, members: Array.from({ length: listed }, (_, i) => ({ ID: i + 1 })) });
  const body = reason === undefined ? `${health}\nHTTP 200 ` : `${health}\n\nHTTP 503 `;
  return `${body}\n[{"Endpoint":"https://127.0.0.1:2379","Status":{${status.join(",")}}}]\n${members}\n`;
}

/** What a machine prints for each of the commands that verify runs, found by a part of the command. */
export const ANSWERS: [RegExp, (machine: FakeMachine) => string][] = [
  [/^systemctl is-active (.*) \|\|/, ({ units: states }) => Object.values(states).join("\n") + "\n"],
  [/Host: kubernetes\.default/, ({ healthz }) => healthz],
  [/cat \/etc\/etcd\/pki/, ({ certificates }) => [...certificates].map(([path, pem]) => `# ${path}\n${pem}`).join("")],
  [
    /^sudo ss /,
    ({ listeners }) =>
      listeners
        .map(([address, program]) => `LISTEN 0 128 ${address} 0.0.0.0:* users:(("${program}",pid=58,fd=3))\n`)
        .join(""),
  ],
  [/6443\/api /, ({ anonymous }) => anonymous.join("\n") + "\n"],
  [
    /^sudo sh -c .*etcd-backup\.timer/,
    ({ backups }) =>
      Object.entries(backups)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
  ],
  [new RegExp(`tail -n \\d+ ${paths.auditLog}`), ({ audit }) => audit],
];
