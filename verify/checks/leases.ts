import { Check, verdict } from "../check";

interface Lease {
  spec: { holderIdentity?: string; renewTime?: string; leaseDurationSeconds?: number };
}

const LEADERS = ["kube-controller-manager", "kube-scheduler"];

export const leadersElected: Check = {
  name: "leader leases held",
  async run({ api }) {
    const held = await Promise.all(
      LEADERS.map(async (name) => {
        const { spec } = await api.json<Lease>(`/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`);
        const age = (Date.now() - Date.parse(spec.renewTime ?? "")) / 1000;
        const current = Boolean(spec.holderIdentity) && age < (spec.leaseDurationSeconds ?? 15);
        return { name, current, holder: spec.holderIdentity?.split("_")[0] ?? "nobody", age };
      }),
    );
    return verdict(
      held.filter((h) => !h.current).map((h) => `${h.name}: ${h.holder}, renewed ${h.age.toFixed(0)} s ago`),
      held.map((h) => `${h.name}: ${h.holder}`).join(", "),
    );
  },
};
