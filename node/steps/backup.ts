import { backupUnits, paths } from "../layout";
import { backupScript, backupService, backupTimer, BackupOptions } from "../programs/backup";
import { MachineFile, publicFile } from "../render/file";
import { unitPath } from "../render/unit";

/** The files with which a machine takes backups. Its client certificate is a leaf of etcd's. */
export const backupFiles = (o: BackupOptions): MachineFile[] => [
  publicFile(paths.backupRecipient, o.recipient),
  { ...publicFile(paths.backupScript, backupScript()), mode: "0755" },
  publicFile(unitPath(backupUnits.service), backupService(o)),
  publicFile(unitPath(backupUnits.timer), backupTimer(o)),
];

/** Commands that start the timer. When it already runs, it goes on by what its file says now. */
export const startBackups = ["systemctl daemon-reload", `systemctl enable --quiet --now ${backupUnits.timer}`];
