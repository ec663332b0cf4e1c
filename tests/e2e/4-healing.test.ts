import { Ssh } from "../../lib/ssh";
import { REPOSITORY } from "../../local/cloud/image/recipe";
import { ControllerOutput } from "../../outputs";
import { underLoad } from "../../load/load";
import { currentState, openStack } from "../../tasks/stack";
import { expectNothingFailed } from "./load/nothingFailed";
import { ALL_OK, compute, instancePath, made, make, pulumi, STACK, until, useContext } from "./support";

/** What goes down behind Pulumi's back, and comes back by itself, by `make up`, or by `pulumi up --refresh`. */

const context = useContext();
let ssh: Ssh;
// New connections for each test, because one to a machine that was stopped is dead and does not notice.
beforeEach(() => {
  ssh = new Ssh(context().outputs.ssh);
});
afterEach(() => ssh.close());

const last = () => context().outputs.controllers.at(-1)!;
const on = async (controller: ControllerOutput, command: string) => (await ssh.run(controller, command)).stdout.trim();

const stopMachine = (controller: ControllerOutput) => compute("POST", `${instancePath(controller)}/stop`);

test("a stopped machine: drift finds it, a change names it and reaches the others, and make up starts it", async () => {
  const stopped = last();
  await stopMachine(stopped);
  const drift = await make("drift");
  expect(drift.code).not.toBe(0);
  expect(drift.stdout).toMatch(/desiredStatus\s*: "TERMINATED" => "RUNNING"/);

  let change = { code: 0, stdout: "" };
  const others = context().outputs.controllers.filter(({ name }) => name !== stopped.name);
  const outcome = await underLoad(context().outputs.kubeconfig, others[0]!.name, async () => {
    change = await pulumi("up", "--yes", "--skip-preview", "--config", "hardway:eventTtl=2h");
  });
  expect(change.code).not.toBe(0);
  expect(change.stdout).toContain(
    `${stopped.instance} in ${stopped.zone} does not run: its status is TERMINATED. Run pulumi up --refresh`,
  );
  expectNothingFailed(outcome);
  expect(change.stdout).toContain(`changes although another controller is not healthy: etcd on ${stopped.name}`);
  for (const other of others) expect(await on(other, "systemctl cat kube-apiserver")).toContain("--event-ttl=2h");

  const up = await made("up");
  expect(up).toContain(`${stopped.instance} does not run: its status is TERMINATED. This run heals it.`);
  expect(up).toMatch(ALL_OK);
}, 600_000);

test("a stopped machine: pulumi up --refresh starts it", async () => {
  await stopMachine(last());
  expect(await pulumi("up", "--yes", "--skip-preview", "--refresh")).toMatchObject({ code: 0 });
  await until("every check passes", 60, async () => (await make("verify")).code === 0);
}, 600_000);

test("what somebody changed or removed on a machine: drift names it, a preview shows it, and pulumi up repairs it", async () => {
  const { name } = last();
  const unit = "/etc/systemd/system/kube-apiserver.service";
  const { directory, packages } = REPOSITORY;
  await on(
    last(),
    `sudo sh -c "${[
      `sed -i 's/--event-ttl=1h/--event-ttl=9h/' ${unit}`,
      "systemctl daemon-reload",
      "systemctl disable --quiet kube-scheduler",
      "chmod 0644 /etc/etcd/pki/peer.key",
      "systemctl restart kube-apiserver",
      // Google's images are without nginx, too.
      `apt-get --quiet=2 purge --yes ${packages.join(" ")} >/dev/null 2>&1`,
      `echo 'deb [trusted=yes] file:${directory} ./' >/etc/apt/sources.list.d/repository.list`,
    ].join("; ")}"`,
  );
  expect(await on(last(), "ls /usr/sbin/nginx 2>&1; true")).toContain("No such file");
  const drift = await make("drift");
  expect(drift.code).not.toBe(0);
  for (const words of [
    `${name}: ${unit} was changed`,
    "scheduler.service is disabled",
    "peer.key has another mode",
    "health-proxy.conf is gone",
  ])
    expect(drift.stdout).toContain(words);

  const repaired = await pulumi("up", "--yes");
  expect(repaired.code).toBe(0);
  expect(repaired.stdout).toContain(`control-plane-${name}-step`);
  const state = `systemctl is-enabled kube-scheduler; systemctl is-active nginx; stat --format %a /etc/etcd/pki/peer.key; ps -C kube-apiserver -o args | grep -o -- '--event-ttl=[^ ]*'`;
  expect(await on(last(), `sudo sh -c "${state}"`)).toBe("enabled\nactive\n400\n--event-ttl=1h");
  expect(await pulumi("preview", "--expect-no-changes")).toMatchObject({ code: 0 });
  expect((await make("drift")).code).toBe(0);
}, 300_000);

test("a refresh while the API is away loses none of its objects; make up starts it again and touches none of them", async () => {
  const objects = async () =>
    (await currentState(openStack(STACK))).deployment.resources
      ?.filter(({ type }) => type.startsWith("kubernetes:rbac"))
      .map(({ urn, id }) => [urn, id]);
  const before = await objects();
  // Three of KubeletRbac, and four of ApproverRbac.
  expect(before).toHaveLength(7);
  await Promise.all(context().outputs.controllers.map((each) => on(each, "sudo systemctl stop kube-apiserver")));
  expect(await pulumi("refresh", "--yes", "--skip-preview")).toMatchObject({ code: 0 });
  expect(await objects()).toEqual(before);
  const up = await made("up");
  expect(up).not.toContain("kubernetes:rbac");
  expect(up).toMatch(ALL_OK);
}, 600_000);

test("make up starts units that were stopped, and says so", async () => {
  const { name } = last();
  await on(last(), "sudo systemctl stop kube-scheduler nginx");
  const up = await made("up");
  const stopped = "kube-scheduler.service was stopped; nginx.service was stopped";
  expect(up).toContain(`${name} differs from what the last update wrote: ${stopped}. This update writes it again.`);
  expect(up).toMatch(ALL_OK);
}, 300_000);

test("a program whose cause of failure has passed comes back by itself, however often it has failed", async () => {
  const key = "/etc/etcd/pki/server.key";
  // systemd's own limit is five starts.
  const failures = async () => Number(await on(last(), "systemctl show --property=NRestarts --value etcd"));
  await on(last(), `sudo mv ${key} ${key}.away; sudo systemctl restart --no-block etcd`);
  try {
    await until("etcd has failed ten times", 60, async () => (await failures()) >= 10);
  } finally {
    await on(last(), `sudo mv ${key}.away ${key}`);
  }
  await until("etcd is active", 60, async () => (await on(last(), "systemctl is-active etcd")) === "active");
  await until("every check passes", 60, async () => (await make("verify")).code === 0);
}, 300_000);
