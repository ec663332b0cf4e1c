import { paths, units } from "../../node/layout";
import { Ssh } from "../../lib/ssh";
import { on } from "../../verify/check";
import { runChecks, RunOptions } from "../../verify/run";
import { checks } from "../../verify/verify";
import { make, until, useContext } from "./support";
import {
  encryptionOff,
  endingCertificate,
  machineOff,
  noSpaceAlarm,
  openPort,
  otherFlag,
  outOfPool,
  stoppedUnit,
  whileBroken,
} from "./verify/breakages";

/** Breaks the running stack, sees `make verify` say so, and puts everything back. */

const context = useContext();
const controller = (index: number) => context().outputs.controllers[index]!;

/** What the checks that fail saw, by their names. Over new connections, as `make verify` has them. */
async function failures(options?: RunOptions): Promise<Record<string, string>> {
  const ssh = new Ssh(context().outputs.ssh);
  const results = await runChecks(checks, { ...context(), ssh }, options).finally(() => ssh.close());
  return Object.fromEntries(results.filter(({ ok }) => !ok).map(({ name, seen }) => [name, seen]));
}

const says = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

afterEach(
  () => until("every check passes", 120, async () => Object.keys(await failures()).length === 0),
  // One verify may begin just before the end of the two minutes.
  180_000,
);

test("what is wrong on single machines is found by one check each, which names the machine and the way out", async () => {
  const [first, second, third] = [controller(0), controller(1), controller(2)];
  const seen = await whileBroken(
    [
      stoppedUnit(context(), first, units.scheduler),
      encryptionOff(context(), first, units.apiserver),
      endingCertificate(context(), second, paths.scheduler),
      otherFlag(context(), second, units.apiserver, "anonymous-auth=false", "anonymous-auth=true"),
      openPort(context(), third, 8888),
      outOfPool(third),
    ],
    () => failures(),
  );
  expect(seen).toEqual({
    "units active on every controller": says(
      /^controller-0: kube-scheduler\.service is inactive: make ssh MACHINE=controller-0, then sudo journalctl -u kube-scheduler\.service$/,
    ),
    "a Secret is unreadable in etcd": says(
      /^controller-0 writes Secrets to etcd in plain text: secretbox must come first in \S+encryption-config\.yaml/,
    ),
    "certificates: usages, SANs, days left": says(
      /^controller-1: \S+scheduler\.crt ends in 3\.0 days; make up renews it$/,
    ),
    "anonymous requests refused": says(
      /^controller-1 answers \/api with HTTP 403, \/healthz with HTTP 200, .*its kube-apiserver\.service must have --anonymous-auth=false/,
    ),
    "only 6443 serves the API; nothing else is open": says(
      /^controller-2: port 8888 is open, by systemd-socket-\w*, pid \d+: stop it, or bind it to 127\.0\.0\.1$/,
    ),
    "front door reaches every controller": says(/^controller-2 got none of 100 connections: .*target pool.*make drift/),
  });
}, 240_000);

test("a member of etcd is down: it is named, and make verify fails", async () => {
  const [{ code, stdout }, seen] = await whileBroken([stoppedUnit(context(), controller(1), units.etcd)], () =>
    Promise.all([make("verify"), failures()]),
  );
  expect(code).not.toBe(0);
  expect(stdout).toMatch(/etcd on controller-1 does not answer/);
  expect(stdout).toMatch(/controller-1: etcd\.service is inactive/);
  // Nothing is wrong on the other machines. The API server on this one has no other member to ask.
  expect(stdout).not.toMatch(/etcd on controller-[02]/);
  for (const words of Object.values(seen)) expect(words).toMatch(/controller-1/);
}, 120_000);

test("etcd is out of space: the alarm is named with the commands that end it", async () => {
  const status = await on(context(), controller(1), "sudo -i etcdctl --write-out=fields endpoint status");
  const member = BigInt(/"MemberID" : (\d+)/.exec(status)![1]!);
  // A single look: leaders lose their leases while nothing can be written.
  const seen = await whileBroken([noSpaceAlarm(context(), controller(1), member)], () => failures({ boundMs: 0 }));
  expect(seen).toEqual({
    "etcd: every member healthy, one leader": says(
      /^etcd takes no writes: alarm NOSPACE on controller-1, which uses \d+ of 8192 MiB\. .*etcdctl compact \d+; on each controller sudo -i etcdctl defrag; then sudo -i etcdctl alarm disarm$/,
    ),
    "a Secret is unreadable in etcd": says(/database space exceeded/),
  });
}, 120_000);

test("a machine is off: it is named once, and everything else is still checked", async () => {
  const off = controller(1);
  const seen = await whileBroken([machineOff(off)], () => failures());
  expect(seen).toEqual({
    "SSH reaches every controller": says(
      new RegExp(`^controller-1: .*Is the instance ${off.instance} in ${off.zone} running`),
    ),
    "etcd: every member healthy, one leader": says(/^etcd on controller-1 does not answer \(.*\); the other two do/),
    "front door reaches every controller": says(/^controller-1 got none of 100 connections/),
  });
}, 240_000);
