import { units } from "../../node/layout";
import { HttpError } from "../api";
import { Check, Context, verdict } from "../check";

interface Lease {
  spec: { holderIdentity?: string; renewTime?: string; leaseDurationSeconds?: number };
}

const LEADERS = { "kube-controller-manager": units.controllerManager, "kube-scheduler": units.scheduler };
type Leader = keyof typeof LEADERS;

export const leadersElected: Check = {
  name: "leader leases held",
  async run(context) {
    const leases = await Promise.all(
      (Object.keys(LEADERS) as Leader[]).map(async (leader) => ({ leader, ...(await read(context, leader)) })),
    );
    return verdict(
      leases.flatMap(({ leader, problem }) =>
        problem === undefined
          ? []
          : [`no ${leader} leads (${problem}): on each controller, sudo journalctl -u ${LEADERS[leader]}`],
      ),
      leases.map(({ leader, holder }) => `${leader}: ${holder}`).join(", "),
    );
  },
};

/** Which controller holds a leader's lease, and what is wrong with the lease. */
async function read({ api, outputs }: Context, leader: Leader): Promise<{ holder: string; problem?: string }> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${leader}`;
  const lease = await api.json<Lease>(path).catch(unlessMissing);
  // None has led since the cluster began.
  if (lease === undefined) return { holder: "nobody", problem: "it has no lease yet" };
  const { spec } = lease;
  // HOSTNAME_UUID, and a machine's host name is its instance's.
  const [host = ""] = (spec.holderIdentity ?? "").split("_");
  const holder = outputs.controllers.find(({ instance }) => instance === host)?.name ?? host;
  if (holder === "") return { holder: "nobody", problem: "its last leader gave the lease back" };
  const age = (Date.now() - Date.parse(spec.renewTime ?? "")) / 1000;
  if (age < (spec.leaseDurationSeconds ?? 15)) return { holder };
  return { holder, problem: `${holder} renewed the lease ${age.toFixed(0)} s ago` };
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof HttpError && error.status === 404)) throw error;
}
