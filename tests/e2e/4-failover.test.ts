import { ControllerOutput } from "../../outputs";
import { Ssh } from "../../lib/ssh";
import { losePower } from "../../local";
import { Outcome, underLoad } from "../../load/load";
import { compute, instancePath, make, until, useContext } from "./support";

const context = useContext();
let ssh: Ssh;
// New connections for each test, because a connection to a machine that lost its power is dead and does not notice.
beforeEach(() => {
  ssh = new Ssh(context().outputs.ssh);
});
afterEach(() => ssh.close());

/** Asks /readyz over twenty new connections through the front door. An answer is undefined when its connection fails. */
const answers = () =>
  Promise.all(
    Array.from({ length: 20 }, () =>
      context()
        .api.request("/readyz")
        .catch(() => undefined),
    ),
  );

const skipsTheLost = () =>
  until("the front door sends no connection to the lost controller", 30, async () =>
    (await answers()).every((answer) => answer?.status === 200),
  );

const answersAgain = ({ name }: ControllerOutput) =>
  until("the controller answers again", 90, async () =>
    (await answers()).some((answer) => answer?.status === 200 && answer.serverNames.includes(name)),
  );

/**
 * Some things take longer than the API. Leases of the lost machine must expire before another machine takes them over, and an
 * API server notices that its connection to the lost etcd member is dead only when it uses it.
 */
const allIsWell = () => until("every check passes", 60, async () => (await make("verify")).code === 0);

async function etcdLeader(): Promise<ControllerOutput> {
  for (const controller of context().outputs.controllers) {
    const { stdout } = await ssh.run(controller, "sudo -i etcdctl --write-out=json endpoint status");
    const [{ Status }] = JSON.parse(stdout) as [{ Status: { header: { member_id: number }; leader: number } }];
    if (Status.leader === Status.header.member_id) return controller;
  }
  throw new Error("the etcd cluster must have a leader");
}

/** Expects that no acknowledged write is lost, that the watch broke, and that it still reported every change once and in order. */
function expectNothingLost({ lost, missed, disordered, watchErrors, resumed, figures }: Outcome) {
  console.log(figures);
  expect(resumed).toBeGreaterThan(0);
  expect({ lost, missed, disordered, watchErrors }).toEqual({ lost: [], missed: [], disordered: [], watchErrors: [] });
}

test("the API works while a controller is stopped, and every check passes after it is back", async () => {
  const { api, outputs } = context();
  const stopped = outputs.controllers[1]!;
  await compute("POST", `${instancePath(stopped)}/stop`);
  try {
    await skipsTheLost();
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "failover-" } };
    const path = "/api/v1/namespaces/default/configmaps";
    const { metadata } = await api.json<{ metadata: { name: string } }>(path, { method: "POST", body });
    await api.json(`${path}/${metadata.name}`, { method: "DELETE" });
  } finally {
    await compute("POST", `${instancePath(stopped)}/start`);
  }
  await answersAgain(stopped);
  await allIsWell();
}, 240_000);

test.each(["leads", "follows"])(
  "no acknowledged write is lost and no change is missed when a machine whose etcd member %s loses its power under load",
  async (role) => {
    const { outputs } = context();
    const leader = await etcdLeader();
    const lost = role === "leads" ? leader : outputs.controllers.find(({ name }) => name !== leader.name)!;
    const outcome = await underLoad(outputs.kubeconfig, lost.name, async (load) => {
      await load.continues(20);
      await losePower(lost.instance);
      try {
        await skipsTheLost();
        await load.continues(20);
      } finally {
        await until("the cloud reports that the instance is off", 10, async () => {
          const { status } = await compute<{ status: string }>("GET", instancePath(lost));
          return status === "TERMINATED";
        });
        await compute("POST", `${instancePath(lost)}/start`);
      }
      await answersAgain(lost);
      await load.continues(20);
    });
    expectNothingLost(outcome);
    await allIsWell();
  },
  240_000,
);

test("no request fails when an API server is stopped under load and started again", async () => {
  const { outputs } = context();
  const stopped = outputs.controllers[0]!;
  const outcome = await underLoad(outputs.kubeconfig, stopped.name, async (load) => {
    await load.continues(20);
    await ssh.run(stopped, "sudo systemctl stop kube-apiserver");
    try {
      await load.continues(20);
    } finally {
      await ssh.run(stopped, "sudo systemctl start kube-apiserver");
    }
    await answersAgain(stopped);
    await load.continues(20);
  });
  expectNothingLost(outcome);
  expect(outcome.failures).toEqual([]);
}, 240_000);
