import { Ssh } from "../../lib/ssh";
import { units } from "../../node/layout";
import { ALL_OK, made, make, pulumi, stackOutputs } from "./support";

/** Changes that must be refused, and after which the running stack must be as it was. */

const given = (settings: Record<string, string>) =>
  Object.entries(settings).flatMap(([name, value]) => ["--config", `hardway:${name}=${value}`]);

/** For each machine, when each unit started and which programs are installed. */
async function starts(): Promise<string[]> {
  const outputs = await stackOutputs();
  const ssh = new Ssh(outputs.ssh);
  const names = Object.values(units).join(" ");
  const show = `systemctl show --property=ActiveEnterTimestampMonotonic ${names}; ls -l /usr/local/bin`;
  try {
    return await Promise.all(outputs.controllers.map(async (c) => (await ssh.run(c, show)).stdout));
  } finally {
    await ssh.close();
  }
}

/** Expects an update with `settings` to fail with `expected` once for each machine, to change nothing and to leave nothing to do. */
async function expectRefusal(settings: Record<string, string>, expected: RegExp): Promise<void> {
  const before = await starts();
  const { code, stdout } = await pulumi("up", "--yes", "--skip-preview", ...given(settings));
  const diagnostics = stdout.slice(stdout.indexOf("Diagnostics:"));
  expect(code).not.toBe(0);
  expect(diagnostics.match(new RegExp(expected, "g"))).toHaveLength(before.length);
  expect(diagnostics).not.toMatch(/^ +at /m);
  expect(await starts()).toEqual(before);
  expect(await made("up")).toMatch(ALL_OK);
  expect(await starts()).toEqual(before);
}

test("a version that the mirror lacks gives one error for each machine, and changes nothing", async () => {
  const settings = { kubernetesVersion: "1.37.99" };
  await expectRefusal(settings, /hardway: download failed: \S+: .*404; .* kubernetesVersion and kubernetesMirror\n/);
}, 300_000);

test("a mirror that does not answer gives one error for each machine, and changes nothing", async () => {
  const settings = { kubernetesVersion: "1.37.99", kubernetesMirror: "http://203.0.113.3:81/kubernetes" };
  await expectRefusal(
    settings,
    /hardway: download failed: \S+: .*Failed to connect.* kubernetesVersion and kubernetesMirror\n/,
  );
}, 300_000);

test("wrong settings give one error that lists all of them, without a stack trace", async () => {
  const wrong = { controllers: "three", zones: "a", certificateDays: "0", serviceCidr: "10.32.0.0/30", zoness: "[]" };
  const { code, stdout, stderr } = await pulumi("preview", ...given({ ...wrong, kubernetesVersion: "1.35.0" }));
  expect(code).not.toBe(0);
  expect(stderr).toBe("");
  const [, diagnostics] = stdout.split("Diagnostics:") as [string, string];
  expect(diagnostics.match(/^ +hardway:\w+/gm)!.map((line) => line.trim())).toEqual([
    "hardway:zoness",
    "hardway:controllers",
    "hardway:zones",
    "hardway:kubernetesVersion",
    "hardway:certificateDays",
    "hardway:serviceCidr",
  ]);
  expect(diagnostics).not.toMatch(/^ +at /m);
});

test("settings that a running cluster cannot follow are refused, and the error says what must stay", async () => {
  const other = { podCidr: "10.204.0.0/16", zones: '["us-central1-f"]', serviceCidr: "10.96.0.0/16" };
  const { code, stdout } = await pulumi("up", "--yes", "--skip-preview", ...given(other));
  expect(code).not.toBe(0);
  const [, diagnostics] = stdout.split("Diagnostics:") as [string, string];
  expect(diagnostics).toMatch(/podCidr must stay 10\.200\.0\.0\/16, .*got "10\.204\.0\.0\/16"/);
  expect(diagnostics).toMatch(/zones must keep controller-0 in us-central1-a, .*got "us-central1-f"/);
  expect(diagnostics).toMatch(/serviceCidr must stay 10\.32\.0\.0\/24, .*got "10\.96\.0\.0\/16"/);
  expect(diagnostics).not.toMatch(/^ +at /m);
  expect(await pulumi("preview", "--expect-no-changes")).toMatchObject({ code: 0 });
});

test("of two make up at the same time, one waits for the other and says so, and both find nothing to do", async () => {
  const both = await Promise.all([make("up"), make("up")]);
  for (const { code, stdout } of both) {
    expect(code).toBe(0);
    expect(stdout).toMatch(/Resources:\s+\d+ unchanged\n/);
  }
  expect(both.filter(({ stdout }) => /^waiting for another make \(pid \d+\)/m.test(stdout))).toHaveLength(1);
}, 300_000);
