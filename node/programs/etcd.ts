import { readFileSync } from "fs";
import { join } from "path";
import { directories, paths, ports, units, users } from "../layout";
import { etcdMinor } from "../versions";
import { binary, commandLine, Flags, hardening, renderUnit, RESTARTS_WITHOUT_LIMIT } from "../render/unit";

export interface Member {
  name: string;
  /** Internal address. */
  address: string;
}

export interface EtcdOptions {
  /** Version of etcd, MAJOR.MINOR.PATCH. */
  version: string;
  member: Member;
  /** Keeps the members of two clusters from joining each other by mistake. */
  clusterToken: string;
}

/** Without a leader for this long, a member asks for an election. Each member adds a random part, up to the same time again. */
export const ELECTION_TIMEOUT_MS = 1000;

const clientUrl = (address: string) => `https://${address}:${ports.etcdClient}`;
const peerUrl = (address: string) => `https://${address}:${ports.etcdPeer}`;

/**
 * The etcd of a controller's API server: the member on the same machine, and no other. With all members listed, an API
 * server keeps asking a dead one for up to 40 s.
 */
export const etcdServer = (local: Member): string => clientUrl(local.address);

/** A cluster's members in the form of the flag `--initial-cluster`. */
export const initialCluster = (members: Member[]): string =>
  members.map((m) => `${m.name}=${peerUrl(m.address)}`).join(",");

/** The script that systemd runs around etcd: it joins the cluster that there is. */
export const etcdMemberScript = (): string => readFileSync(join(__dirname, "etcd-member.sh"), "utf8");

/** The members as scripts on a machine read them: NAME ADDRESS, one a line. */
export const membersFile = (members: Member[]): string => members.map((m) => `${m.name} ${m.address}\n`).join("");

/** The cluster's members are not among them: `etcdMemberScript` finds out which cluster there is at each start. */
export function etcdFlags({ version, member, clusterToken }: EtcdOptions): Flags {
  return {
    name: member.name,
    "data-dir": directories.etcdData,
    "listen-client-urls": [clientUrl(member.address), clientUrl("127.0.0.1")],
    "advertise-client-urls": clientUrl(member.address),
    "listen-peer-urls": peerUrl(member.address),
    "initial-advertise-peer-urls": peerUrl(member.address),
    "initial-cluster-token": clusterToken,
    "strict-reconfig-check": true,

    "client-cert-auth": true,
    "trusted-ca-file": paths.etcdCa,
    "cert-file": paths.etcdServer.certificate,
    "key-file": paths.etcdServer.key,
    "peer-client-cert-auth": true,
    "peer-trusted-ca-file": paths.etcdCa,
    "peer-cert-file": paths.etcdPeer.certificate,
    "peer-key-file": paths.etcdPeer.key,
    // Only peer certificates carry the SAN localhost, so requiring it rejects every other client certificate of the authority.
    "peer-cert-allowed-hostname": "localhost",
    // All etcd clients here, Go programs and curl, support TLS 1.3.
    "tls-min-version": "TLS1.3",
    // The gateway would connect as a client with the server's certificate, which may only be used by a server.
    "enable-grpc-gateway": false,

    // A member whose data differs from the others' at start must not serve.
    "feature-gates": "InitialCorruptCheck=true",
    // kube-apiserver waits for these notifications before it answers consistent lists from its cache.
    "watch-progress-notify-interval": "5s",
    // 8 GiB, the most that etcd advises. kube-apiserver compacts every 5 minutes; auto-compaction covers times when none runs.
    "quota-backend-bytes": 8 * 1024 ** 3,
    "auto-compaction-mode": "periodic",
    "auto-compaction-retention": "8h",
    "heartbeat-interval": 100,
    "election-timeout": ELECTION_TIMEOUT_MS,
    logger: "zap",
    "log-level": "info",
    ...etcdMinor(version).etcd,
  };
}

/** Runs the script around etcd as root and outside of the sandbox: "+" alone would leave the unit's view of /var/lib. */
const outside = (action: "join" | "promote" | "ended", name: string) =>
  `+/usr/bin/nsenter --mount=/proc/1/ns/mnt ${paths.etcdMember} ${action} ${name}`;

export function etcdUnit(options: EtcdOptions): string {
  return renderUnit({
    Unit: {
      Description: "etcd",
      Documentation: "https://etcd.io/docs/",
      After: "network-online.target",
      Wants: "network-online.target",
      ...RESTARTS_WITHOUT_LIMIT,
    },
    Service: {
      Type: "notify",
      User: users.etcd,
      // Whoever starts etcd, it joins the cluster that there is.
      ExecStartPre: outside("join", options.member.name),
      EnvironmentFile: `-${paths.etcdEnvironment}`,
      ExecStart: commandLine(binary("etcd"), etcdFlags(options)),
      ExecStartPost: outside("promote", options.member.name),
      ExecStopPost: outside("ended", options.member.name),
      Restart: "always",
      RestartSec: 1,
      // etcd is ready only once a quorum runs, and the other machines may be minutes behind. A new member copies all data first.
      TimeoutStartSec: "infinity",
      LimitNOFILE: 65536,
      OOMScoreAdjust: -999,
      IOSchedulingClass: "best-effort",
      IOSchedulingPriority: 0,
      StateDirectory: "etcd",
      StateDirectoryMode: "0700",
      ...hardening({ code: [directories.releases], writes: [directories.etcdData], notifies: true }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
}

/** Runs as root, because it stops other units. */
export const leaveUnitFile = ({ name }: Member): string =>
  renderUnit({
    Unit: {
      Description: "leaves the etcd cluster when this machine is to go",
      After: units.etcd,
      ...RESTARTS_WITHOUT_LIMIT,
    },
    Service: {
      ExecStart: `${paths.etcdMember} watch ${name}`,
      Restart: "always",
      // etcd may be away for long.
      RestartSec: 5,
    },
    Install: { WantedBy: "multi-user.target" },
  });

/** The environment variables with which an operator can use `etcdctl` on the machine. */
export const ETCDCTL_ENVIRONMENT = {
  ETCDCTL_ENDPOINTS: clientUrl("127.0.0.1"),
  ETCDCTL_CACERT: paths.etcdCa,
  ETCDCTL_CERT: paths.etcdOperator.certificate,
  ETCDCTL_KEY: paths.etcdOperator.key,
};
