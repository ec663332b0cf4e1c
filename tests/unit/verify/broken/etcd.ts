import { Broken, SSH } from "./broken";

export const etcd: Broken = {
  "etcd: every member healthy, one leader": [
    [
      "a member of etcd is down",
      ({ machines }) => (machines[1].member.silent = "Failed to connect to 10.240.0.11 port 2379"),
      `etcd on controller-1 does not answer (Failed to connect to 10.240.0.11 port 2379); the other two do: ${SSH}, then sudo journalctl -u etcd.service`,
    ],
    [
      "two members of three are down",
      ({ machines }) => {
        machines[1].member.silent = machines[2].member.silent = "Connection refused";
        machines[0].member = { ...machines[0].member, reason: "RAFT NO LEADER", leader: undefined };
      },
      "etcd has lost its majority, and the API cannot write: 1 of 3 members answer, 2 must; " +
        `etcd on controller-1 does not answer (Connection refused): ${SSH}, then sudo journalctl -u etcd.service; ` +
        "etcd on controller-2 does not answer (Connection refused): make ssh MACHINE=controller-2, then sudo journalctl -u etcd.service; " +
        "etcd on controller-0 is unhealthy: RAFT NO LEADER",
    ],
    [
      "a database is full",
      ({ machines }) =>
        machines.forEach(({ member }) =>
          Object.assign(member, {
            reason: "ALARM NOSPACE",
            errors: [`memberID:${machines[1].member.id} alarm:NOSPACE `],
          }),
        ),
      "etcd takes no writes: alarm NOSPACE on controller-1, which uses 1 of 8192 MiB. make ssh MACHINE=controller-0, then " +
        "sudo -i etcdctl compact 1205; on each controller sudo -i etcdctl defrag; then sudo -i etcdctl alarm disarm",
    ],
    [
      "a member is unhealthy, and does not say which alarm that is",
      ({ machines }) => Object.assign(machines[1].member, { reason: "ALARM NOSPACE" }),
      "etcd on controller-1 is unhealthy: ALARM NOSPACE",
    ],
    [
      "a member's data is corrupt",
      ({ machines }) =>
        machines.forEach(({ member }) =>
          Object.assign(member, {
            reason: "ALARM CORRUPT",
            errors: [`memberID:${machines[1].member.id} alarm:CORRUPT `],
          }),
        ),
      "etcd raised the alarm CORRUPT on controller-1: its data may differ from the others'; see etcd's documentation on data corruption",
    ],
    [
      "a member follows another leader",
      ({ machines }) => (machines[2].member.leader = machines[2].member.id),
      "etcd's members follow 2 leaders: controller-1, controller-2",
    ],
    [
      "a member lost its leader",
      ({ machines }) => Object.assign(machines[2].member, { reason: "RAFT NO LEADER", leader: undefined }),
      "etcd on controller-2 is unhealthy: RAFT NO LEADER",
    ],
    [
      "a member does not vote",
      ({ machines }) => (machines[1].member.learner = true),
      "etcd on controller-1 is a learner, which does not vote",
    ],
    [
      "etcd has a member more",
      ({ machines }) => (machines[1].member.listed = 4),
      `etcd on controller-1 lists 4 members, expected 3: ${SSH}, then sudo -i etcdctl member list`,
    ],
  ],
};
