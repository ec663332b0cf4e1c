import { ControllerOutput } from "../../outputs";
import { Ssh } from "../../lib/ssh";
import { Outcome, underLoad } from "./load/load";
import { losePower } from "./fabric/power";
import { compute, make, until, useContext } from "./support";

const context = useContext();
let ssh: Ssh;
// Anew for each test: connections to a machine that lost its power are dead without knowing it.
beforeEach(() => {
  ssh = new Ssh(context().outputs.ssh);
});
afterEach(() => ssh.close());

const instance = ({ zone, instance }: ControllerOutput) => `/zones/${zone}/instances/${instance}`;

/** Twenty new connections through the front door. */
const answers = () =>
  Promise.all(
    Array.from({ length: 20 }, () =>
      context()
        .api.request("/readyz")
        .catch(() => undefined),
    ),
  );

const leavesOut = () =>
  until("the front door leaves out who is gone", 30, async () =>
    (await answers()).every((answer) => answer?.status === 200),
  );

const serves = ({ name }: ControllerOutput) =>
  until("the controller serves again", 90, async () =>
    (await answers()).some((answer) => answer?.status === 200 && answer.serverNames.includes(name)),
  );

/**
 * Some things take longer than the API to be back: leases that the lost machine held are taken over when they have run out, and
 * API servers have connections to its etcd member whose end they learn of when they ask.
 */
const allIsWell = () => until("every check is ok", 60, async () => (await make("verify")).code === 0);

async function etcdLeader(): Promise<ControllerOutput> {
  for (const controller of context().outputs.controllers) {
    const { stdout } = await ssh.run(controller, "sudo -i etcdctl --write-out=json endpoint status");
    const [{ Status }] = JSON.parse(stdout) as [{ Status: { header: { member_id: number }; leader: number } }];
    if (Status.leader === Status.header.member_id) return controller;
  }
  throw new Error("no etcd member leads");
}

/** Nothing acknowledged is lost, and the watch, which broke, told of everything, once and in order. */
function expectNothingLost({ lost, missed, disordered, watchErrors, resumed, figures }: Outcome) {
  console.log(figures);
  expect(resumed).toBeGreaterThan(0);
  expect({ lost, missed, disordered, watchErrors }).toEqual({ lost: [], missed: [], disordered: [], watchErrors: [] });
}

test("one controller stops: the API goes on; it comes back: all is well", async () => {
  const { api, outputs } = context();
  const stopped = outputs.controllers[1]!;
  await compute("POST", `${instance(stopped)}/stop`);
  try {
    await leavesOut();
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "failover-" } };
    const path = "/api/v1/namespaces/default/configmaps";
    const { metadata } = await api.json<{ metadata: { name: string } }>(path, { method: "POST", body });
    await api.json(`${path}/${metadata.name}`, { method: "DELETE" });
  } finally {
    await compute("POST", `${instance(stopped)}/start`);
  }
  await serves(stopped);
  await allIsWell();
}, 240_000);

test.each(["leads", "follows"])(
  "a machine whose etcd member %s loses its power under load: no acknowledged write is lost, no change unwatched",
  async (role) => {
    const { outputs } = context();
    const leader = await etcdLeader();
    const lost = role === "leads" ? leader : outputs.controllers.find(({ name }) => name !== leader.name)!;
    const outcome = await underLoad(outputs.kubeconfig, lost.name, async (load) => {
      await load.goesOn(20);
      await losePower(lost);
      try {
        await leavesOut();
        await load.goesOn(20);
      } finally {
        await until("the instance is known to be off", 10, async () => {
          const { status } = await compute<{ status: string }>("GET", instance(lost));
          return status === "TERMINATED";
        });
        await compute("POST", `${instance(lost)}/start`);
      }
      await serves(lost);
      await load.goesOn(20);
    });
    expectNothingLost(outcome);
    await allIsWell();
  },
  240_000,
);

test("an API server is stopped under load, and started again: no request fails", async () => {
  const { outputs } = context();
  const stopped = outputs.controllers[0]!;
  const outcome = await underLoad(outputs.kubeconfig, stopped.name, async (load) => {
    await load.goesOn(20);
    await ssh.run(stopped, "sudo systemctl stop kube-apiserver");
    try {
      await load.goesOn(20);
    } finally {
      await ssh.run(stopped, "sudo systemctl start kube-apiserver");
    }
    await serves(stopped);
    await load.goesOn(20);
  });
  expectNothingLost(outcome);
  expect(outcome.failures).toEqual([]);
}, 240_000);
