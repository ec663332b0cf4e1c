import { Result, runChecks } from "../../../verify/run";
import { checks } from "../../../verify/verify";
import { FakeStack } from "./fakeStack";

/** What is said about machines that cannot be asked. */

const look = (stack: FakeStack): Promise<Result[]> => runChecks(checks, stack.context, { boundMs: 0 });
const failed = (results: Result[]) =>
  Object.fromEntries(results.filter(({ ok }) => !ok).map(({ name, seen }) => [name, seen]));

const like = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

const TIMED_OUT = "ssh: connect to host 203.0.113.132 port 22: Connection timed out";
const SSH_LINE =
  "controller-1: connect to host 203.0.113.132 port 22: Connection timed out. " +
  "Is the instance hardway-local-controller-1 in us-central1-b running, and is your address in administratorCidrs?";

test("a machine that SSH does not reach is reported once, and the others are still checked", async () => {
  const stack = new FakeStack();
  stack.machines[1].unreachable = TIMED_OUT;
  const results = await look(stack);
  expect(failed(results)).toEqual({ "SSH reaches every controller": SSH_LINE });
  const seen = Object.fromEntries(results.map((result) => [result.name, result.seen]));
  expect(seen["units active on every controller"]).toBe("7 of 7 on each of 2; not asked: controller-1");
  expect(seen["audit log written on every controller"]).toBe("178 KiB, 178 KiB; not asked: controller-1");
  // Another controller asks its member.
  expect(seen["etcd: every member healthy, one leader"]).toBe("3 members, 3 healthy, 1 leader, v3.7.3");
});

test("a machine that is off: three checks fail, each for its own reason, and no other machine is blamed", async () => {
  const stack = new FakeStack();
  stack.machines[0].unreachable = "ssh: connect to host 203.0.113.131 port 22: No route to host";
  stack.machines[0].member.silent = "Connection timed out after 4001 milliseconds";
  stack.machines[0].inPool = false;
  expect(failed(await look(stack))).toEqual({
    "SSH reaches every controller": like(/^controller-0: connect to host .*: No route to host\. Is/),
    "etcd: every member healthy, one leader":
      "etcd on controller-0 does not answer (Connection timed out after 4001 milliseconds); the other two do",
    "front door reaches every controller": like(/^controller-0 got none of 100 connections/),
  });
});

test("what is wrong on the machines that are reached is said beside the one that is not", async () => {
  const stack = new FakeStack();
  stack.machines[1].unreachable = TIMED_OUT;
  stack.machines[2].units["nginx.service"] = "failed";
  expect(failed(await look(stack))).toEqual({
    "SSH reaches every controller": SSH_LINE,
    "units active on every controller":
      "controller-2: nginx.service is failed: make ssh MACHINE=controller-2, then sudo journalctl -u nginx.service; not asked: controller-1",
  });
});

test("SSH reaches no machine: what needs it says so in four words, and the API is still checked", async () => {
  const stack = new FakeStack();
  for (const machine of stack.machines) machine.unreachable = "ssh: connect to host: Connection timed out";
  const { "SSH reaches every controller": ssh, ...rest } = failed(await look(stack));
  expect(ssh!.match(/Connection timed out/g)).toHaveLength(3);
  expect(rest).toEqual({
    "units active on every controller": "SSH reaches no controller",
    "etcd: every member healthy, one leader": "SSH reaches no controller",
    "/healthz through nginx on every controller": "SSH reaches no controller",
    "certificates: usages, SANs, days left": "SSH reaches no controller",
    "a Secret is unreadable in etcd": "SSH reaches no controller",
    "anonymous requests refused": "SSH reaches no controller",
    "only 6443 serves the API; nothing else is open": "SSH reaches no controller",
    "audit log written on every controller": "SSH reaches no controller",
    "etcd backed up on every controller": "SSH reaches no controller",
  });
});

test.each(["Host key verification failed.", "hardway@203.0.113.132: Permission denied (publickey)."])(
  "a machine that answers and refuses is not called off: %s",
  async (words) => {
    const stack = new FakeStack();
    stack.machines[1].unreachable = words;
    expect(failed(await look(stack))["SSH reaches every controller"]).toBe(`controller-1: ${words}`);
  },
);

test("a machine where commands fail fails every check that needs it, by name, and the others are heard", async () => {
  const stack = new FakeStack();
  stack.machines[1].failing = "sudo: unable to open /etc/sudoers: Input/output error";
  stack.machines[2].units["etcd.service"] = "failed";
  const seen = failed(await look(stack));
  expect(Object.keys(seen)).toHaveLength(8);
  for (const words of Object.values(seen)) expect(words).toMatch(/^controller-1: sudo: unable to open/);
  expect(seen["units active on every controller"]).toMatch(/; controller-2: etcd\.service is failed/);
});

test("a machine that does not finish a command is named", async () => {
  const stack = new FakeStack();
  const { ssh, ...context } = stack.context;
  const hangs: typeof ssh.run = (machine, command) =>
    machine.name === "controller-1"
      ? Promise.reject(new Error("ssh was killed by SIGTERM: "))
      : ssh.run(machine, command);
  const results = await runChecks(checks, { ...context, ssh: { run: hangs } }, { boundMs: 0 });
  expect(failed(results)["units active on every controller"]).toBe("controller-1: no answer to a command within 10 s");
});

test("one controller alone: its etcd is down, and nobody speaks of majorities", async () => {
  const stack = new FakeStack();
  stack.machines.splice(1);
  stack.machines[0].member = { ...stack.machines[0].member, listed: 1, silent: "Connection refused" };
  expect(failed(await look(stack))).toEqual({
    "etcd: every member healthy, one leader":
      "etcd on controller-0 does not answer (Connection refused): make ssh MACHINE=controller-0, then sudo journalctl -u etcd.service",
  });
});

test("commands that a message proposes name the stack when it is not the default", async () => {
  const stack = new FakeStack();
  stack.machines[1].units["etcd.service"] = "failed";
  stack.leaf("peer", { left: 1, age: 364 });
  const seen = failed(await runChecks(checks, { ...stack.context, stack: "prod" }, { boundMs: 0 }));
  expect(seen["units active on every controller"]).toContain("make ssh MACHINE=controller-1 STACK=prod, then");
  expect(seen["certificates: usages, SANs, days left"]).toMatch(/; make up STACK=prod renews it$/);
});
