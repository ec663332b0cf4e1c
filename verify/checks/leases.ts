import { setTimeout as wait } from "timers/promises";
import { Api } from "../api";
import { Check, verdict } from "../check";

interface Lease {
  spec: { holderIdentity?: string; renewTime?: string; leaseDurationSeconds?: number };
}

const LEADERS = ["kube-controller-manager", "kube-scheduler"];
/** A leader that ended keeps its lease for 15 s more, and those that look on may have been restarted themselves. */
const TAKEOVER_MS = 30_000;

export const leadersElected: Check = {
  name: "leader leases held",
  async run({ api }) {
    const deadline = Date.now() + TAKEOVER_MS;
    for (;;) {
      const leases = await Promise.all(LEADERS.map((name) => read(api, name)));
      const stale = leases.filter((lease) => !lease.held).map((l) => `${l.name}: ${l.holder}, renewed ${l.age} s ago`);
      if (stale.length === 0 || Date.now() > deadline)
        return verdict(stale, leases.map((lease) => `${lease.name}: ${lease.holder}`).join(", "));
      await wait(500);
    }
  },
};

async function read(api: Api, name: string) {
  const { spec } = await api.json<Lease>(`/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`);
  const age = (Date.now() - Date.parse(spec.renewTime ?? "")) / 1000;
  const held = Boolean(spec.holderIdentity) && age < (spec.leaseDurationSeconds ?? 15);
  return { name, held, holder: spec.holderIdentity?.split("_")[0] ?? "nobody", age: age.toFixed(0) };
}
