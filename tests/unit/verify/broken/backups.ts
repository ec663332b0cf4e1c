import { Broken, SSH } from "./broken";

const LOOK = `${SSH}, then sudo journalctl -u etcd-backup@due.service`;

export const backups: Broken = {
  "etcd backed up on every controller": [
    [
      "the timer of the backups is stopped",
      ({ machines }) => (machines[1].backups.timer = "inactive"),
      `controller-1: etcd-backup.timer is inactive, so no backups are taken; make up starts it: ${LOOK}`,
    ],
    [
      "a machine was set up before there were backups",
      ({ machines }) =>
        Object.assign(machines[1].backups, {
          timer: "inactive",
          watching: 0,
          age: undefined,
          INTERVAL_HOURS: undefined,
        }),
      `controller-1: etcd-backup.timer is inactive, so no backups are taken; make up starts it: ${LOOK}`,
    ],
    [
      "the last backup failed",
      ({ machines }) => (machines[1].backups.last = "failed"),
      `controller-1: the last backup failed, and the last good one is 1 h 15 min old: ${LOOK}`,
    ],
    [
      "the first backup failed",
      ({ machines }) => Object.assign(machines[1].backups, { last: "failed", age: undefined, kept: 0 }),
      `controller-1: the last backup failed: ${LOOK}`,
    ],
    [
      "no backup was taken since hours",
      ({ machines }) => Object.assign(machines[1].backups, { age: undefined, kept: 0 }),
      `controller-1: there is no backup: ${LOOK}`,
    ],
    [
      "the last backup is older than two intervals",
      ({ machines }) => (machines[1].backups.age = 50_000),
      `controller-1: the last good backup is 13 h 53 min old, one is due every 6 h: ${LOOK}`,
    ],
    [
      "somebody deleted the backups",
      ({ machines }) => (machines[1].backups.kept = 0),
      `controller-1: the backups in /var/lib/etcd-backup are gone: ${LOOK}`,
    ],
  ],
};
