import { Ssh } from "../../lib/ssh";
import { ControllerOutput } from "../../outputs";
import { Outcome, underLoad } from "../../load/load";
import { ALL_OK, compute, instancePath, made, make, stackOutputs, until, useContext } from "./support";

/** An etcd member whose data or machine is lost joins the others again, which lose nothing and never restart. */

const context = useContext();
let ssh: Ssh;
// New connections for each test, because one to a machine that was lost is dead and does not notice.
beforeEach(async () => {
  ssh = new Ssh((await stackOutputs()).ssh);
});
afterEach(() => ssh.close());

const lost = () => context().outputs.controllers[1]!;
const others = () => context().outputs.controllers.filter(({ name }) => name !== lost().name);
const on = async (controller: ControllerOutput, command: string) => (await ssh.run(controller, command)).stdout.trim();

/** When the units of the other machines started. */
const starts = async () =>
  Object.fromEntries(
    await Promise.all(
      others().map(async (controller) => [
        controller.name,
        await on(controller, "systemctl show --property=ActiveEnterTimestamp --value etcd kube-apiserver"),
      ]),
    ),
  ) as Record<string, string>;

const memberId = async () =>
  (await on(others()[0]!, "sudo -i etcdctl member list"))
    .split("\n")
    .find((line) => line.includes(lost().name))!
    .split(",")[0];

function expectNothingLost({ lost: lostWrites, missed, disordered, figures }: Outcome) {
  console.log(figures);
  expect({ lost: lostWrites, missed, disordered }).toEqual({ lost: [], missed: [], disordered: [] });
}

const DATA = "/var/lib/etcd/member";

test.each([
  ["is wiped", `rm -rf ${DATA}`, /has no data: removes its former member/],
  ["is damaged", `truncate -s 40960 ${DATA}/snap/db`, /etcd refuses its data: .*It goes to \/var\/lib\/etcd\/refused/],
])(
  "etcd's data %s: the member joins again by itself",
  async (_, damage, said) => {
    const [before, member] = [await starts(), await memberId()];
    const since = await on(lost(), "date +%s");
    const outcome = await underLoad(context().outputs.kubeconfig, others()[0]!.name, async (load) => {
      await load.continues(10);
      await on(lost(), `sudo systemctl stop etcd; sudo sh -c '${damage}'; sudo systemctl start --no-block etcd`);
      await until("etcd is active again", 90, async () => (await on(lost(), "systemctl is-active etcd")) === "active");
      await load.continues(10);
    });
    expectNothingLost(outcome);
    expect(await on(lost(), `sudo journalctl --unit etcd --output cat --since @${since} | grep ^hardway`)).toMatch(
      said,
    );
    expect(await memberId()).not.toBe(member);
    expect(await starts()).toEqual(before);
    await until("every check passes", 60, async () => (await make("verify")).code === 0);
  },
  300_000,
);

test("a machine is deleted with its disk: make up makes it again, and its member joins", async () => {
  const [before, member] = [await starts(), await memberId()];
  const outcome = await underLoad(context().outputs.kubeconfig, others()[0]!.name, async (load) => {
    await load.continues(10);
    await compute("DELETE", instancePath(lost()));
    expect(await made("up")).toMatch(ALL_OK);
    await load.continues(10);
  });
  expectNothingLost(outcome);
  await ssh.close();
  ssh = new Ssh((await stackOutputs()).ssh);
  expect(await memberId()).not.toBe(member);
  expect(await starts()).toEqual(before);
}, 600_000);
