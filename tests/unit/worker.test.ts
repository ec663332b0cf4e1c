import { execFileSync, spawnSync } from "child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { parse } from "yaml";
import { workerPaths, workerUnits } from "../../node/layout";
import { registryHosts } from "../../node/programs/containerd";
import { kubeletConfig, kubeletFlags } from "../../node/programs/kubelet";
import { podNetworkConfig } from "../../node/programs/podNetwork";
import { library } from "../../node/render/script";
import { renderToml } from "../../node/render/toml";
import { renderStep } from "../../node/render/step";
import { renderedWorker, workerOptions } from "./rendered";

const { step } = renderedWorker("1.37.0");

describe("the shell of a worker's step", () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "hardway-worker-"));
    mkdirSync(join(scratch, "stage"));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  /** Runs `commands` with the step's functions. Files are staged in the directory "stage" of the scratch directory. */
  const run = (...commands: string[]) => {
    const libraries = (["releases", "step", "alone", "transaction", "worker"] as const).map(library);
    const script = [...libraries, `stage=${scratch}/stage machine=worker-0`, ...commands];
    return spawnSync("bash", ["-s"], { input: `${script.join("\n")}\n`, encoding: "utf8" });
  };

  /** The small authority of OpenSSL, because `openssl req` of version 3.0 cannot make a certificate that has ended. */
  const AUTHORITY =
    "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n";

  /** Makes a certificate that ends at the end of this year, and returns its path. */
  function makeCertificate(year: number): string {
    writeFileSync(join(scratch, "authority"), AUTHORITY);
    const commands = [
      "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=system:node:x -keyout key -out request",
      ": >index; echo 01 >serial",
      `openssl ca -batch -notext -config authority -selfsign -keyfile key -in request -out client.pem -startdate 20200101000000Z -enddate ${year}1231000000Z`,
    ];
    execFileSync("sh", ["-ec", commands.join("\n")], { cwd: scratch, stdio: "pipe" });
    return join(scratch, "client.pem");
  }
  const VALID = new Date().getUTCFullYear() + 1;
  const ENDED = 2020;

  const bootstrap = () => join(scratch, "bootstrap");
  const skip = (path: string) =>
    run(`put ${bootstrap()} 0400 root <<<token`, `skip_when_joined ${path} ${bootstrap()}`, 'echo "${staged[*]-}"');

  test("a machine that has joined does not get the bootstrap token, and an old one is removed", () => {
    writeFileSync(bootstrap(), "an old token");
    expect(skip(makeCertificate(VALID))).toMatchObject({ status: 0, stdout: "\n", stderr: "" });
    expect([bootstrap(), join(scratch, "stage", bootstrap())].filter(existsSync)).toEqual([]);
  });

  test.each(["no", "an ended"])("a machine with %s client certificate gets the bootstrap token", (which) => {
    const path = which === "no" ? join(scratch, "absent.pem") : makeCertificate(ENDED);
    expect(skip(path)).toMatchObject({ status: 0, stdout: `${bootstrap()}\n`, stderr: "" });
    expect(readFileSync(join(scratch, "stage", bootstrap()), "utf8")).toBe("token\n");
  });

  test("while a machine has not joined, the check says what to look at", () => {
    const { status, stderr } = run(`kubelet_works http://127.0.0.1:1/ ${scratch}/absent.pem`);
    expect(status).toBe(1);
    expect(stderr).toMatch(/no client certificate yet; is the API reached, and the bootstrap token still valid\?/);
    expect(run(`kubelet_works http://127.0.0.1:1/ ${makeCertificate(ENDED)}`).stderr).toMatch(/client\.pem has ended/);
    expect(run(`kubelet_works http://127.0.0.1:1/ ${makeCertificate(VALID)}`).stderr).toMatch(/curl: .*127\.0\.0\.1/);
  });

  test.each([
    [
      "the machine's own",
      "nameserver 10.0.0.2\nsearch a.internal\noptions edns0\n",
      "nameserver 10.0.0.2\nsearch a.internal\n",
    ],
    ["the next file's, when the first has only a stub", "nameserver 127.0.0.53\nsearch a\n", "nameserver 10.9.9.9\n"],
  ])("Pods get name servers: %s", (_, first, expected) => {
    writeFileSync(join(scratch, "first"), first);
    writeFileSync(join(scratch, "second"), "nameserver 10.9.9.9\n");
    const files = `RESOLV_CONFS="${scratch}/first ${scratch}/second"`;
    expect(run(files, `put_resolv_conf ${scratch}/made`)).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(join(scratch, "stage", scratch, "made"), "utf8")).toBe(expected);
  });

  test("Pods get the cloud's name server when the machine has none", () => {
    expect(run(`RESOLV_CONFS=${scratch}/absent`, `put_resolv_conf ${scratch}/made`).stderr).toBe("");
    expect(readFileSync(join(scratch, "stage", scratch, "made"), "utf8")).toBe("nameserver 169.254.169.254\n");
  });

  test("a kernel without a module fails the step, and says which", () => {
    expect(run(`need_kernel no_such_module test -e ${scratch}`).status).toBe(0);
    const { status, stderr } = run(
      "modprobe() { echo not found >&2; return 1; }",
      "need_kernel no_such_module test -e /absent",
    );
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "hardway: the kernel of worker-0 has no no_such_module: not found\n",
    });
  });

  test("a transaction needs no turn, and says nothing about controllers when it goes back", () => {
    const lines = ["restarts=(x)", "serves() { false; }", "note() { :; }", "fails() { false; }", "begin() { :; }"];
    const { status, stdout } = run(
      ...lines,
      `STATE=${scratch} GENERATIONS=${scratch}/g step=worker`,
      "note_beginning",
      "go_back() { echo BACK; exit 1; }",
      "transact begin note begin",
      "echo DONE",
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "DONE\n" });
    expect(renderStep(step, [])).not.toMatch(/no other controller was changed/);
  });
});

test("no unit restarts because of a token or a renewed certificate", () => {
  const read = step.units.flatMap(({ reads }) => reads);
  for (const path of [workerPaths.bootstrapKubeconfig, workerPaths.kubeletClient, workerPaths.kubeProxyClient.key])
    expect(read).not.toContain(path);
  expect(step.units.map(({ name }) => name).sort()).toEqual(Object.values(workerUnits).sort());
});

test("without a token there is no bootstrap kubeconfig", () => {
  const paths = (token: string) => renderedWorker("1.37.0", token).secrets.map(({ path }) => path);
  expect(paths("a.b")).toContain(workerPaths.bootstrapKubeconfig);
  expect(paths("")).not.toContain(workerPaths.bootstrapKubeconfig);
});

test("kubelet lets in nobody whom the API server does not know, and has no port without TLS but on loopback", () => {
  expect(parse(kubeletConfig(workerOptions("1.37.0")))).toMatchObject({
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true } },
    authorization: { mode: "Webhook" },
    readOnlyPort: 0,
    healthzBindAddress: "127.0.0.1",
    serverTLSBootstrap: true,
    rotateCertificates: true,
  });
});

test("a Node without labels and taints has no setting for them", () => {
  const options = { ...workerOptions("1.37.0"), labels: {}, taints: [] };
  expect(kubeletFlags(options)["node-labels"]).toBeUndefined();
  expect(parse(kubeletConfig(options))).not.toHaveProperty("registerWithTaints");
});

test("a registry has a mirror only when one is set", () => {
  expect(registryHosts("")).toBe('server = "https://registry.k8s.io"\n');
  expect(registryHosts("http://203.0.113.3")).toContain('[host."http://203.0.113.3"]\n');
});

test("Pods of a machine have addresses from its own range, and keep them on the way to other machines", () => {
  const { plugins } = JSON.parse(podNetworkConfig("10.200.3.0/24")) as { plugins: unknown[] };
  expect(plugins[0]).toMatchObject({
    ipMasq: false,
    isGateway: true,
    ipam: { ranges: [[{ subnet: "10.200.3.0/24" }]] },
  });
});

test("TOML: a table's values come before the tables in it", () => {
  expect(renderToml({ a: { b: { c: 1 }, d: 'x"y', e: ["f"] }, g: true, h: {} })).toBe(
    'g = true\n\n[a]\nd = "x\\"y"\ne = ["f"]\n\n[a.b]\nc = 1\n\n[h]\n',
  );
});
