import { execFileSync, spawnSync } from "child_process";
import { mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { library } from "../../node/render/script";
import { renderStep } from "../../node/render/step";
import { renderedControlPlane, renderedEtcd, renderedStartup, renderedWorker, renderedWorkerStartup } from "./rendered";

const ETCD = "3.7.3";
const KUBERNETES = "1.36.3";
const etcd = renderedEtcd(ETCD);
const controlPlane = renderedControlPlane(KUBERNETES);
const worker = renderedWorker(KUBERNETES);
const startup = renderedStartup(ETCD, KUBERNETES);
const workerStartup = renderedWorkerStartup(KUBERNETES);
const machines = { controller: [etcd, controlPlane], worker: [worker] };
const secrets = [...etcd.secrets, ...controlPlane.secrets];

const bash = (args: string[], input: string) => spawnSync("bash", args, { input, encoding: "utf8" });
const base64 = (text: string) => Buffer.from(text).toString("base64");

test.each([
  ["etcd step", renderStep(etcd.step, [])],
  ["control plane step", renderStep(controlPlane.step, [])],
  ["worker step", renderStep(worker.step, [])],
  ["startup script", startup],
  ["worker's startup script", workerStartup],
])("the %s has valid bash syntax", (_, input) => {
  const { status, stderr } = bash(["-n"], input);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("each machine looks at its backups in a different minute", () => {
  // controller-1 of three.
  const timer = etcd.step.files.find(({ path }) => path.endsWith("etcd-backup.timer"));
  expect(timer?.content).toContain("OnCalendar=*-*-* *:20:00");
});

test.each(Object.entries(machines))("a step of a %s writes every file that a unit reads", (_, rendered) => {
  const written = new Set(rendered.flatMap(({ step, secrets }) => [...step.files, ...secrets]).map((f) => f.path));
  const read = rendered
    .flatMap(({ step }) => step.units)
    .flatMap((u) => u.reads)
    .filter((path) => !path.startsWith("/usr/local/bin/"));
  expect(read.length).toBeGreaterThan(0);
  expect(read.filter((path) => !written.has(path))).toEqual([]);
});

test.each(Object.entries(machines))("a %s has secret files of mode 0400, and each path once", (_, rendered) => {
  const secrets = rendered.flatMap((r) => r.secrets);
  for (const file of secrets.filter((f) => !f.path.endsWith(".crt"))) expect(file.mode).toBe("0400");
  expect(new Set(secrets.map((f) => f.path)).size).toBe(secrets.length);
});

test("secret files follow the script, one on each line", () => {
  const [script, lines] = renderStep(etcd.step, secrets).split("\nmain; exit\n") as [string, string];
  expect(script).not.toContain(base64("KEY server\n"));
  expect(lines).toContain(base64("KEY server\n"));
  const files = lines.trimEnd().split("\n");
  expect(files.pop()).toBe(".");
  expect(files).toHaveLength(secrets.length);
  for (const line of files) expect(line).toMatch(/^\/\S+ 0[0-7]{3} [a-z-]+ [A-Za-z0-9+/=]+$/);
});

test("a script that arrives incomplete does nothing", () => {
  const script = renderStep(etcd.step, secrets).replace("set -euo pipefail", "echo RAN; exit");
  // The first command of the script, so that nothing else of it ever runs here.
  expect(script).toMatch(/^main\(\) \{\n(#.*\n)*echo RAN; exit\n/);
  const end = script.indexOf("\nmain; exit");
  for (let length = 0; length < end; length += 97) {
    // bash may report a syntax error. If it had run anything, it would have printed RAN.
    expect(bash(["-s"], script.slice(0, length)).stdout).toBe("");
  }
  expect(bash(["-s"], script).stdout).toBe("RAN\n");
});

test("secret files that arrive incomplete stop the step", () => {
  const script = `${library("releases")}${library("step")}\nput() { cat >/dev/null; }\nput_secrets; echo RESTARTED; exit\n`;
  const whole = `/a 0400 root ${base64("x")}\n.\n`;
  const run = (input: string) => bash(["-s"], script + input);
  expect(run(whole)).toMatchObject({ status: 0, stdout: "RESTARTED\n" });
  for (const length of [0, 5, whole.length - 4]) {
    const { status, stdout, stderr } = run(whole.slice(0, length));
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/connection broke before all files/);
  }
});

test.each([
  ["controller", startup, machines.controller],
  ["worker", workerStartup, machines.worker],
])("the startup script of a %s downloads what its steps install, and installs and starts nothing", (_, script, of) => {
  for (const { fetch } of of.flatMap(({ step }) => step.releases))
    for (const command of fetch) expect(script).toContain(`\n${command} &`);
  expect(script.slice(script.indexOf("jobs=()"))).not.toMatch(/systemctl|put |link /);
});

test("a file that contains the line that ends a file in the script is refused", () => {
  const step = {
    ...etcd.step,
    files: [{ path: "/x", mode: "0644", owner: "root", content: "a\nHARDWAY-FILE\nb" }],
  };
  expect(() => renderStep(step, [])).toThrow(/no file may contain the line HARDWAY-FILE/);
});

describe("a machine that gets new leaves", () => {
  const scratch = mkdtempSync(join(tmpdir(), "hardway-leaves-"));
  afterAll(() => rmSync(scratch, { recursive: true }));
  const KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

  beforeAll(() => {
    const commands = [
      ...["own", "other"].map(
        (name) => `openssl req -x509 ${KEY} -days 2 -subj /CN=${name} -keyout ${name}.key -out ${name}.crt`,
      ),
      `openssl req -new ${KEY} -subj /CN=leaf -keyout leaf.key -out leaf.csr`,
      "openssl x509 -req -in leaf.csr -CA own.crt -CAkey own.key -CAcreateserial -days 1 -out leaf.crt",
    ];
    execFileSync("sh", ["-ec", commands.join("\n")], { cwd: scratch, stdio: "pipe" });
  });

  /** Runs the check on a machine whose clock is wrong by so many seconds. */
  const check = (signer: string, wrongBy: number) => {
    const clock = `openssl() { if [ "$1" = verify ]; then command openssl verify -attime ${Math.floor(Date.now() / 1000) + wrongBy} "${"$"}{@:2}"; else command openssl "$@"; fi; }`;
    const script = [library("releases"), library("step"), clock, "stage= machine=controller-1 CLOCK_SECONDS=0"];
    return bash(
      ["-s"],
      [...script, `check_leaves ${scratch}/${signer}.crt ${scratch}/leaf.crt; echo CHANGED; exit\n`].join("\n"),
    );
  };

  test("takes those that are valid by its clock", () => {
    expect(check("own", 0)).toMatchObject({ status: 0, stdout: "CHANGED\n" });
  });

  test.each([
    ["its clock is behind", "own", -600, /certificate is not yet valid \(notBefore=.*; the clock of controller-1: /],
    ["its clock is ahead", "own", 100_000, /certificate has expired \(notBefore=.* notAfter=/],
    ["another authority signed them", "other", 0, /unable to get local issuer certificate/],
  ])("is not changed when %s", (_, signer, wrongBy, words) => {
    const { status, stdout, stderr } = check(signer, wrongBy);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/controller-1 cannot use the new .*leaf\.crt: /);
    expect(stderr).toMatch(words);
  });
});
