import { directories, paths, ports } from "../../node/layout";
import { ETCDCTL_ENVIRONMENT } from "../../node/programs/etcd";
import { asRoot } from "../ask";

/** What a member of etcd says about itself. */
export interface Member {
  /** Its machine. */
  name: string;
  /** Why there is no answer. */
  silent?: string;
  /** Why the member calls itself unhealthy, in etcd's words. */
  reason?: string;
  /** Decimal, because it has more digits than a number can hold. */
  id?: string;
  leader?: string;
  learner: boolean;
  version?: string;
  /** Bytes of its database, and the most it may have. */
  size: number;
  quota: number;
  revision?: string;
  /** Alarms of the whole cluster, with the id of the member that raised each. */
  alarms: { member: string; alarm: string }[];
  /** How many members it knows. */
  listed?: number;
}

/** etcdctl's JSON, with long numbers as strings. etcd leaves out what is zero. */
interface StatusJson {
  Status: {
    header: { member_id: string | number; revision?: string | number };
    version: string;
    leader?: string | number;
    isLearner?: boolean;
    dbSize?: string | number;
    dbSizeQuota?: string | number;
    errors?: string[];
  };
}

/**
 * A command that asks the member at an address, from any controller. Prints the answer of /health, then a line with HTTP, its
 * status and curl's error; from a member that answers also its status and its members, each as a line of JSON.
 */
export function memberCommand(address: string): string {
  const url = `https://${address}:${ports.etcdClient}`;
  const { certificate, key } = paths.etcdOperator;
  const credentials = `--cacert ${paths.etcdCa} --cert ${certificate} --key ${key}`;
  const health = `curl --silent --max-time 4 ${credentials} --write-out '\\nHTTP %{http_code} %{errormsg}\\n' ${url}/health`;
  return asRoot(`${health} && { ${etcdctl("endpoint status", url)}; ${etcdctl("member list", url)}; }; true`);
}

/** A command for root that asks the member at `endpoint`, by default the machine's, and prints JSON. */
export function etcdctl(args: string, endpoint = ETCDCTL_ENVIRONMENT.ETCDCTL_ENDPOINTS): string {
  const environment = Object.entries({ ...ETCDCTL_ENVIRONMENT, ETCDCTL_ENDPOINTS: endpoint });
  const assignments = environment.map(([name, value]) => `${name}=${value}`).join(" ");
  return `${assignments} ${directories.binaries}/etcdctl --command-timeout=2s --write-out=json ${args}`;
}

/** Reads what `memberCommand` printed. */
export function readMember(name: string, stdout: string): Member {
  const [body = "", answer = ""] = stdout.split("\nHTTP ");
  const [line = "", status = "", members = ""] = answer.split("\n");
  const [, code = "000", error = ""] = /^(\d+) (.*)$/.exec(line) ?? [];
  const nothing = { name, learner: false, size: 0, quota: 0, alarms: [] };
  if (code === "000") return { ...nothing, silent: error || "no answer" };
  const { health, reason } = parse<{ health?: string; reason?: string }>(body) ?? {};
  const sick = health === "true" ? undefined : reason || `HTTP ${code}`;
  const own = parse<StatusJson[]>(status)?.[0]?.Status;
  if (own === undefined) return { ...nothing, reason: sick ?? "it does not tell its status" };
  return {
    name,
    reason: sick,
    id: String(own.header.member_id),
    leader: own.leader === undefined ? undefined : String(own.leader),
    learner: own.isLearner ?? false,
    version: own.version,
    size: Number(own.dbSize ?? 0),
    quota: Number(own.dbSizeQuota ?? 0),
    revision: String(own.header.revision ?? ""),
    alarms: (own.errors ?? []).flatMap((text) => {
      const [, member, alarm] = /memberID:(\d+) alarm:(\w+)/.exec(text) ?? [];
      return member === undefined || alarm === undefined ? [] : [{ member, alarm }];
    }),
    listed: parse<{ members?: unknown[] }>(members)?.members?.length,
  };
}

/** Nothing when the text is not JSON. Numbers of more than 15 digits become strings. */
function parse<T>(json: string): T | undefined {
  try {
    return JSON.parse(json.replace(/:(\d{16,})(?=[,}])/g, ':"$1"')) as T;
  } catch {
    return undefined;
  }
}
