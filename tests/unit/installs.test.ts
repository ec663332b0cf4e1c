import { createHash } from "crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "fs";
import { createServer, RequestListener } from "http";
import type { AddressInfo } from "net";
import { tmpdir } from "os";
import { dirname, join } from "path";
import { mirrorServer } from "../../local";
import { directories, workerDirectories } from "../../node/layout";
import { renderStep } from "../../node/render/step";
import {
  cniRelease,
  CNI_PLUGINS,
  CONTAINERD_PROGRAMS,
  containerdRelease,
  CONTROL_PLANE_PROGRAMS,
  criToolsRelease,
  ETCD_PROGRAMS,
  etcdRelease,
  kubernetesRelease,
  runcRelease,
} from "../../node/steps/releases";
import { capture, output } from "../../lib/process";

/** Installs releases as a machine does, with this host's bash and curl, from a mirror on loopback and into scratch directories. */

const ARCH = process.arch === "arm64" ? "arm64" : "amd64";
const program = (name: string) => `v1.36.4/bin/linux/${ARCH}/${name}`;
const archive = `etcd-v3.7.4-linux-${ARCH}`;
const SUMS = "v3.7.4/SHA256SUMS";

/** What a step can install, by the start of the names of its settings. */
const RELEASES = {
  kubernetes: (mirror: string) => kubernetesRelease({ mirror, version: "1.36.4" }, CONTROL_PLANE_PROGRAMS),
  etcd: (mirror: string) => etcdRelease({ mirror, version: "3.7.4" }, ETCD_PROGRAMS),
  containerd: (mirror: string) => containerdRelease({ mirror, version: "2.4.2" }),
  runc: (mirror: string) => runcRelease({ mirror, version: "1.5.1" }),
  cni: (mirror: string) => cniRelease({ mirror, version: "1.10.0" }),
  criTools: (mirror: string) => criToolsRelease({ mirror, version: "1.37.0" }),
};
type ReleaseName = keyof typeof RELEASES;
const NAMES = Object.keys(RELEASES) as ReleaseName[];
const VERSIONS = {
  kubernetes: "v1.36.4",
  etcd: "v3.7.4",
  containerd: "v2.4.2",
  runc: "v1.5.1",
  cni: "v1.10.0",
  criTools: "v1.37.0",
};

let scratch: string;
let mirror: string;
const inMirror = (path: string) => join(scratch, "mirror", path);
const inMachine = (path: string) => join(scratch, "machine", path);
const closers: (() => Promise<unknown>)[] = [];

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Puts an archive of these programs into the mirror as upstream packs it: they are in the directory `within`. */
async function packed(path: string, within: string, programs: string[]): Promise<string> {
  const from = join(scratch, `packed-${path.replaceAll("/", "-")}`);
  for (const name of [...programs, "LICENSE"]) write(join(from, within, name), `the new ${name}`);
  mkdirSync(dirname(inMirror(path)), { recursive: true });
  const members = within === "./" ? ["."] : within === "" ? [...programs, "LICENSE"] : [within];
  await output("tar", ["-czf", inMirror(path), "-C", from, ...members]);
  return sha256(inMirror(path));
}

/** The releases of a worker's programs, with their checksum files as upstream writes them. */
async function workerMirror(): Promise<void> {
  const containerd = `containerd-2.4.2-linux-${ARCH}.tar.gz`;
  let sum = await packed(`v2.4.2/${containerd}`, "bin/", [...CONTAINERD_PROGRAMS, "containerd-stress"]);
  write(inMirror(`v2.4.2/${containerd}.sha256sum`), `${sum}  ${containerd}\n`);
  write(inMirror(`v1.5.1/runc.${ARCH}`), "the new runc");
  sum = sha256(inMirror(`v1.5.1/runc.${ARCH}`));
  const others = ["runc.armhf", "libseccomp-2.5.6.tar.gz"].map((name) => `${"0".repeat(64)} *${name}\n`);
  write(inMirror("v1.5.1/runc.sha256sum"), `${others[0]}${sum} *runc.${ARCH}\n${others[1]}`);
  const cni = `cni-plugins-linux-${ARCH}-v1.10.0.tgz`;
  sum = await packed(`v1.10.0/${cni}`, "./", [...CNI_PLUGINS, "vlan"]);
  write(inMirror(`v1.10.0/${cni}.sha256`), `${sum}  ${cni}\n`);
  const crictl = `crictl-v1.37.0-linux-${ARCH}.tar.gz`;
  sum = await packed(`v1.37.0/${crictl}`, "", ["crictl"]);
  write(inMirror(`v1.37.0/${crictl}.sha256`), sum);
}

const OLDER = [...CONTROL_PLANE_PROGRAMS, ...ETCD_PROGRAMS, ...CONTAINERD_PROGRAMS, "runc", "crictl"];

/** A complete mirror, and a machine with older programs. */
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hardway-library-"));
  for (const name of CONTROL_PLANE_PROGRAMS) {
    write(inMirror(program(name)), `the new ${name}`);
    write(inMirror(`${program(name)}.sha256`), sha256(inMirror(program(name))));
  }
  const sum = await packed(`v3.7.4/${archive}.tar.gz`, `${archive}/`, ETCD_PROGRAMS);
  write(inMirror(SUMS), `${sum}  ${archive}.tar.gz\n`);
  await workerMirror();
  for (const name of ["bin", "cni", "releases"]) mkdirSync(inMachine(name), { recursive: true });
  for (const name of OLDER) symlinkSync("/older", inMachine(`bin/${name}`));
  for (const name of CNI_PLUGINS) symlinkSync("/older", inMachine(`cni/${name}`));
  const app = await mirrorServer(inMirror(""));
  closers.push(() => app.close());
  mirror = await app.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  rmSync(scratch, { recursive: true });
});

/** Runs a step that installs a release from the mirror `from`. The shell code `before` runs first. */
function install(release: ReleaseName, from = mirror, before = "") {
  const releases = [RELEASES[release](from)];
  const step = {
    name: "test",
    machine: "controller-0",
    hardware: "",
    users: [],
    releases,
    files: [],
    leaves: {},
    prepare: [],
    units: [],
  };
  const script = renderStep(step, [])
    .replaceAll(directories.releases, inMachine("releases"))
    .replaceAll(directories.binaries, inMachine("bin"))
    .replaceAll(workerDirectories.cniPlugins, inMachine("cni"))
    .replace(/^STATE=.*/m, `STATE=${inMachine("state")}`)
    .replaceAll("/run/lock/", `${scratch}/`);
  return capture("bash", ["-s"], { input: before + script, env: { PATH: process.env.PATH } });
}

/** Starts a server that stands for a faulty mirror, and returns its URL. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const linksIn = (directory: string) =>
  readdirSync(inMachine(directory)).map((name) => [name, readlinkSync(inMachine(`${directory}/${name}`))] as const);
const links = () => Object.fromEntries([...linksIn("bin"), ...linksIn("cni")]);

/** Expects a failure with one line of error that matches `expected`, and that the machine has only its older programs. */
function expectRefusal({ code, stdout, stderr }: Awaited<ReturnType<typeof install>>, expected: RegExp) {
  expect(stderr).toMatch(expected);
  expect({ code, stdout, lines: stderr.trim().split("\n").length }).toEqual({ code: 1, stdout: "", lines: 1 });
  expect(new Set(Object.values(links()))).toEqual(new Set(["/older"]));
  const left = readdirSync(inMachine("releases"), { recursive: true }).filter((f) =>
    /hardway-new|^(etcd|containerd|cni|cri-tools)-/.test(String(f)),
  );
  expect(left).toEqual([]);
}

test("a step installs every program of a release; a second run needs no mirror", async () => {
  for (const release of NAMES) expect(await install(release)).toEqual({ code: 0, stdout: "", stderr: "" });
  for (const [name, target] of Object.entries(links())) expect(readFileSync(target, "utf8")).toBe(`the new ${name}`);
  rmSync(inMirror(""), { recursive: true });
  for (const release of NAMES) expect((await install(release)).code).toBe(0);
});

test.each(NAMES)("a version of %s that the mirror lacks is refused, with the settings to look at", async (release) => {
  rmSync(inMirror(VERSIONS[release]), { recursive: true });
  expectRefusal(
    await install(release),
    new RegExp(
      `download failed: ${mirror}/v\\S+: .*404; nothing was installed.* ${release}Version and ${release}Mirror$`,
      "m",
    ),
  );
});

test("when the mirror lacks one program of a release, none of the release is installed", async () => {
  rmSync(inMirror(program("kube-scheduler")));
  expectRefusal(await install("kubernetes"), /download failed: \S+\/kube-scheduler: .*404/);
});

test("when the mirror is down, the error names the download and the settings to look at", async () => {
  await closers.pop()!();
  expectRefusal(
    await install("etcd"),
    /download failed: http:\/\/127\.0\.0\.1:\d+\/v3\.7\.4\/SHA256SUMS: .*Failed to connect.* etcdVersion and etcdMirror$/m,
  );
}, 20_000);

test("a step does not wait when the mirror asks it to retry in an hour", async () => {
  const busy = await serve((_, response) => response.writeHead(503, { "Retry-After": "3600" }).end());
  expectRefusal(await install("kubernetes", busy), /download failed: .*503; .*kubernetesMirror$/m);
}, 20_000);

test("when one program differs from its checksum, none of the release is installed", async () => {
  write(inMirror(program("kubectl")), "something else");
  expectRefusal(
    await install("kubernetes"),
    /checksum mismatch: \S+\/kubectl has SHA-256 [0-9a-f]{64}, .*says [0-9a-f]{64}; nothing was installed.*kubernetesMirror/,
  );
});

test("an archive that differs from its checksum or has none is refused", async () => {
  write(inMirror(SUMS), `${"0".repeat(64)}  ${archive}.tar.gz\n`);
  expectRefusal(await install("etcd"), /checksum mismatch: \S+\.tar\.gz has .*nothing was installed.*etcdMirror/);
  write(inMirror(SUMS), `${"0".repeat(64)}  another.tar.gz\n`);
  expectRefusal(await install("etcd"), /SHA256SUMS does not name \S+\.tar\.gz; .*etcdVersion and etcdMirror/);
});

test("an archive that lacks a program is refused, and nothing of it is left", async () => {
  const name = `cni-plugins-linux-${ARCH}-v1.10.0.tgz`;
  rmSync(join(scratch, `packed-v1.10.0-${name}`), { recursive: true });
  write(inMirror(`v1.10.0/${name}.sha256`), await packed(`v1.10.0/${name}`, "./", ["bridge"]));
  expectRefusal(await install("cni"), /tgz cannot be unpacked: tar: .*host-local.*cniVersion and cniMirror/);
});

test("a checksum file that names only other architectures is refused", async () => {
  write(inMirror("v1.5.1/runc.sha256sum"), `${"0".repeat(64)} *runc.armhf\n${"0".repeat(64)} *runc.s390x\n`);
  expectRefusal(await install("runc"), /runc\.sha256sum does not name runc\.\w+; .*runcVersion and runcMirror/);
});

test("programs are executable, and an archive's others are left out", async () => {
  for (const release of ["runc", "cni"] as const) expect((await install(release)).code).toBe(0);
  expect(readdirSync(inMachine("releases/cni-v1.10.0")).sort()).toEqual(CNI_PLUGINS);
  expect(statSync(inMachine("bin/runc")).mode & 0o777).toBe(0o755);
});

test("when a download does not fit on the disk, the error names diskSizeGb", async () => {
  write(inMirror(program("kubectl")), "x".repeat(100_000));
  const full = "trap '' XFSZ; ulimit -f 50\n"; // no file may have more than 50 blocks, as on a full disk
  expectRefusal(await install("kubernetes", mirror, full), /download failed: \S+\/kubectl: .*diskSizeGb/);
});
