import { readFileSync } from "fs";
import { join } from "path";
import { backupUnits, directories, paths, units, users } from "../layout";
import { hardening, renderUnit } from "../render/unit";
import { ETCDCTL_ENVIRONMENT } from "./etcd";

export interface BackupOptions {
  clusterName: string;
  /** Certificate for which backups are encrypted, PEM. */
  recipient: string;
  /** Hours between two backups. */
  intervalHours: number;
  /** Number of backups that the machine keeps. */
  kept: number;
  /** Minute of the hour, 0 to 59, in which the machine looks whether a backup is due. */
  minute: number;
}

/** Seconds by which a backup may be early, because the timer comes once an hour and not to the second. */
export const EARLY_SECONDS = 1800;

/**
 * Size of a piece that is encrypted by itself. OpenSSL 3.0 needs 7 MB to encrypt any size, but 3 to 4 times a message's size to
 * decrypt it.
 */
const PART = "16M";

export const backupScript = (): string => readFileSync(join(__dirname, "etcd-backup.sh"), "utf8");

/**
 * One run of the script. It runs other programs, which the sandbox allows from the distribution's directories only. It stays
 * away from what serves: lowest priority for CPU and disk, and the first to end when memory is short.
 */
export function backupService({ clusterName, intervalHours, kept }: BackupOptions): string {
  const environment = {
    ...ETCDCTL_ENVIRONMENT,
    ETCDCTL_CERT: paths.etcdBackupClient.certificate,
    ETCDCTL_KEY: paths.etcdBackupClient.key,
    CLUSTER: clusterName,
    RECIPIENT: paths.backupRecipient,
    DIRECTORY: directories.etcdBackups,
    INTERVAL_HOURS: intervalHours,
    EARLY_SECONDS,
    KEPT: kept,
    PART,
  };
  return renderUnit({
    Unit: {
      Description: "backup of etcd (%i)",
      // It must not start while etcd is still on its way, for example after a boot.
      After: units.etcd,
    },
    Service: {
      Type: "oneshot",
      User: users.etcdBackup,
      Environment: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      ExecStart: `${paths.backupScript} %i`,
      // Also when the script was killed: what it leaves is not encrypted.
      ExecStopPost: `/usr/bin/rm -rf ${directories.etcdBackups}/work`,
      TimeoutStartSec: "1h",
      Nice: 19,
      IOSchedulingClass: "idle",
      OOMScoreAdjust: 500,
      StateDirectory: directories.etcdBackups.split("/").pop()!,
      StateDirectoryMode: "0700",
      ...hardening({
        code: [paths.backupScript, "/usr/bin", "/usr/lib", directories.releases],
        writes: [directories.etcdBackups],
        loopbackOnly: true,
      }),
    },
  });
}

/**
 * Comes every hour, and the script decides whether a backup is due. So any interval is possible, a backup that failed is tried
 * again within the hour, and one that a stopped machine missed is made up for. Each controller has its own minute.
 */
export const backupTimer = ({ minute }: BackupOptions): string =>
  renderUnit({
    Unit: { Description: "looks every hour whether a backup of etcd is due" },
    Timer: {
      Unit: backupUnits.due,
      // The first one, on a new machine.
      OnActiveSec: "10min",
      OnCalendar: `*-*-* *:${String(minute).padStart(2, "0")}:00`,
      RandomizedDelaySec: "5min",
      AccuracySec: "1min",
      Persistent: true,
    },
    Install: { WantedBy: "timers.target" },
  });
