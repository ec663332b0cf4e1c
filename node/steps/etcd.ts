import { byAuthority, etcdLeaves } from "../certificates";
import { driftUnits, leaveUnit, paths, ports, stepNames, units, users } from "../layout";
import {
  ETCDCTL_ENVIRONMENT,
  etcdMemberScript,
  EtcdOptions,
  etcdUnit,
  leaveUnitFile,
  Member,
  membersFile,
} from "../programs/etcd";
import { BackupOptions } from "../programs/backup";
import { MachineFile, publicFile } from "../render/file";
import { KeyPair, leafFiles } from "../render/keyPair";
import { Step } from "../render/step";
import { binary, unitPath } from "../render/unit";
import { backupFiles, startBackups } from "./backup";
import { driftFiles } from "./drift";
import { ETCD_PROGRAMS, etcdRelease, ReleaseOptions } from "./releases";

export interface EtcdStepOptions extends Omit<EtcdOptions, "version"> {
  /** All members of the cluster, this one included. */
  members: Member[];
  release: ReleaseOptions;
  /** The machine's hardware, for people. */
  hardware: string;
  /** PEM of the etcd authority. */
  ca: string;
  backup: Omit<BackupOptions, "minute">;
}

/** Sets up an etcd member. Ends when the member is in a cluster with a leader, so all members must start at the same time. */
export function etcdStep(o: EtcdStepOptions): Step {
  const unit = unitPath(units.etcd);
  return {
    name: stepNames.etcd,
    machine: o.member.name,
    hardware: o.hardware,
    users: [users.etcd, users.etcdBackup],
    releases: [etcdRelease(o.release, ETCD_PROGRAMS)],
    files: [
      publicFile(unit, etcdUnit({ ...o, version: o.release.version })),
      publicFile(paths.etcdCa, o.ca),
      publicFile(paths.members, membersFile(o.members)),
      { ...publicFile(paths.etcdMember, etcdMemberScript()), mode: "0755" },
      publicFile(unitPath(leaveUnit), leaveUnitFile(o.member)),
      publicFile("/etc/profile.d/hardway-etcdctl.sh", shellExports(ETCDCTL_ENVIRONMENT)),
      ...driftFiles(),
      ...backupFiles({ ...o.backup, minute: minuteOf(o) }),
    ],
    leaves: byAuthority(etcdLeaves, { etcd: paths.etcdCa }),
    prepare: [
      ...startBackups,
      `systemctl enable --quiet --now ${driftUnits.timer}`,
      `systemctl enable --quiet --no-reload ${leaveUnit}`,
      `systemctl restart --no-block ${leaveUnit}`,
    ],
    decidesMembers: true,
    units: [
      {
        name: units.etcd,
        check: `curl --fail --silent --show-error --max-time 5 --cacert ${paths.etcdCa} --cert ${paths.etcdOperator.certificate} --key ${paths.etcdOperator.key} https://127.0.0.1:${ports.etcdClient}/readyz`,
        // The other machines may still be booting.
        timeoutSeconds: 300,
        // The API server's only etcd goes away, so it drains first.
        takesAlong: [units.apiserver],
        reads: [binary("etcd"), unit, paths.etcdCa],
      },
    ],
  };
}

/** The minute of the hour in which a machine takes backups. The members share out the hour. */
const minuteOf = ({ member, members }: EtcdStepOptions) =>
  Math.floor(
    (60 / members.length) *
      Math.max(
        0,
        members.findIndex(({ name }) => name === member.name),
      ),
  );

/** The secret files of `etcdStep`. */
export const etcdSecrets = (leaves: Record<keyof typeof etcdLeaves, KeyPair>): MachineFile[] =>
  leafFiles(etcdLeaves, leaves);

const shellExports = (variables: Record<string, string>) =>
  Object.entries(variables)
    .map(([name, value]) => `export ${name}=${value}\n`)
    .join("");
