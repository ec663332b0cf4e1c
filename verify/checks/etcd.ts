import { Check, on, verdict } from "../check";

interface EndpointStatus {
  Endpoint: string;
  Status: { header: { member_id: number }; leader: number; version: string; raftTerm: number; isLearner?: boolean };
}

export const etcdCluster: Check = {
  name: "etcd: every member healthy, one leader",
  async run(context) {
    const { controllers } = context.outputs;
    const etcdctl = (args: string) => on(context, controllers[0]!, `sudo -i etcdctl --write-out=json ${args}`);
    const health = JSON.parse(await etcdctl("endpoint health --cluster")) as { endpoint: string; health: boolean }[];
    const status = JSON.parse(await etcdctl("endpoint status --cluster")) as EndpointStatus[];
    const healthy = health.filter((h) => h.health).length;
    const voters = status.filter((s) => !s.Status.isLearner).length;
    const leaders = new Set(status.map((s) => s.Status.leader));
    const n = controllers.length;
    return verdict(
      [
        ...(health.length === n ? [] : [`${health.length} members, expected ${n}`]),
        ...(healthy === n ? [] : [`${healthy} of ${n} healthy`]),
        ...(voters === n ? [] : [`${voters} of ${n} vote`]),
        ...(leaders.size === 1 && !leaders.has(0) ? [] : [`${leaders.size} leaders`]),
      ],
      `${n} members, ${healthy} healthy, 1 leader, v${status[0]?.Status.version}`,
    );
  },
};
