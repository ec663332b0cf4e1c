import { createHash } from "crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "fs";
import { createServer, RequestListener } from "http";
import type { AddressInfo } from "net";
import { tmpdir } from "os";
import { dirname, join } from "path";
import { mirrorServer } from "../../local";
import { directories } from "../../node/layout";
import { renderStep } from "../../node/render/step";
import { CONTROL_PLANE_PROGRAMS, ETCD_PROGRAMS, etcdRelease, kubernetesRelease } from "../../node/steps/releases";
import { capture, output } from "../../lib/process";

/** Installs releases as a machine does, with this host's bash and curl, from a mirror on loopback and into scratch directories. */

const ARCH = process.arch === "arm64" ? "arm64" : "amd64";
const program = (name: string) => `v1.36.4/bin/linux/${ARCH}/${name}`;
const archive = `etcd-v3.7.4-linux-${ARCH}`;
const SUMS = "v3.7.4/SHA256SUMS";

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

/** A complete mirror, and a machine with older programs. */
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hardway-library-"));
  for (const name of CONTROL_PLANE_PROGRAMS) {
    write(inMirror(program(name)), `the new ${name}`);
    write(inMirror(`${program(name)}.sha256`), sha256(inMirror(program(name))));
  }
  for (const name of ETCD_PROGRAMS) write(join(scratch, archive, name), `the new ${name}`);
  mkdirSync(inMirror("v3.7.4"));
  const tarball = inMirror(`v3.7.4/${archive}.tar.gz`);
  await output("tar", ["-czf", tarball, "-C", scratch, archive]);
  write(inMirror(SUMS), `${sha256(tarball)}  ${archive}.tar.gz\n`);
  for (const name of ["bin", "stamps", "releases"]) mkdirSync(inMachine(name), { recursive: true });
  for (const name of [...CONTROL_PLANE_PROGRAMS, ...ETCD_PROGRAMS]) symlinkSync("/older", inMachine(`bin/${name}`));
  const app = await mirrorServer(inMirror(""));
  closers.push(() => app.close());
  mirror = await app.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  rmSync(scratch, { recursive: true });
});

/** Runs a step that installs a release from the mirror `from`. The shell code `before` runs first. */
function install(release: "kubernetes" | "etcd", from = mirror, before = "") {
  const releases =
    release === "kubernetes"
      ? [kubernetesRelease({ mirror: from, version: "1.36.4" }, CONTROL_PLANE_PROGRAMS)]
      : [etcdRelease({ mirror: from, version: "3.7.4" }, ETCD_PROGRAMS)];
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

const links = () =>
  Object.fromEntries(readdirSync(inMachine("bin")).map((n) => [n, readlinkSync(inMachine(`bin/${n}`))]));

/** Expects a failure with one line of error that matches `expected`, and that the machine has only its older programs. */
function expectRefusal({ code, stdout, stderr }: Awaited<ReturnType<typeof install>>, expected: RegExp) {
  expect(stderr).toMatch(expected);
  expect({ code, stdout, lines: stderr.trim().split("\n").length }).toEqual({ code: 1, stdout: "", lines: 1 });
  expect(new Set(Object.values(links()))).toEqual(new Set(["/older"]));
  const left = readdirSync(inMachine("releases"), { recursive: true }).filter((f) =>
    /hardway-new|etcd-/.test(String(f)),
  );
  expect(left).toEqual([]);
}

test("a step installs every program of a release; a second run needs no mirror", async () => {
  for (const release of ["kubernetes", "etcd"] as const)
    expect(await install(release)).toEqual({ code: 0, stdout: "", stderr: "" });
  for (const [name, target] of Object.entries(links())) expect(readFileSync(target, "utf8")).toBe(`the new ${name}`);
  rmSync(inMirror(""), { recursive: true });
  for (const release of ["kubernetes", "etcd"] as const) expect((await install(release)).code).toBe(0);
});

test.each(["kubernetes", "etcd"] as const)(
  "a version of %s that the mirror lacks is refused, with the settings to look at",
  async (release) => {
    rmSync(inMirror(release === "etcd" ? "v3.7.4" : "v1.36.4"), { recursive: true });
    expectRefusal(
      await install(release),
      new RegExp(
        `download failed: ${mirror}/v\\S+: .*404; nothing was installed.* ${release}Version and ${release}Mirror$`,
        "m",
      ),
    );
  },
);

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

test("when a download does not fit on the disk, the error names diskSizeGb", async () => {
  write(inMirror(program("kubectl")), "x".repeat(100_000));
  const full = "trap '' XFSZ; ulimit -f 50\n"; // no file may have more than 50 blocks, as on a full disk
  expectRefusal(await install("kubernetes", mirror, full), /download failed: \S+\/kubectl: .*diskSizeGb/);
});
