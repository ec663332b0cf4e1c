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

/** Downloads as a machine makes them, by this host's bash and curl from a mirror on its loopback; only the directories are others. */

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

/** A whole mirror, and a machine with older programs. */
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

/** Installs from `from`; `before` is put before the script. */
function install(release: "kubernetes" | "etcd", from = mirror, before = "") {
  const releases =
    release === "kubernetes"
      ? [kubernetesRelease({ mirror: from, version: "1.36.4" }, CONTROL_PLANE_PROGRAMS)]
      : [etcdRelease({ mirror: from, version: "3.7.4" }, ETCD_PROGRAMS)];
  const step = { name: "test", users: [], releases, files: [], prepare: [], units: [] };
  const script = renderStep(step, [])
    .replaceAll(directories.releases, inMachine("releases"))
    .replaceAll(directories.binaries, inMachine("bin"))
    .replace(/^STAMPS=.*/m, `STAMPS=${inMachine("stamps")}`)
    .replaceAll("/run/lock/", `${scratch}/`);
  return capture("bash", ["-s"], { input: before + script, env: { PATH: process.env.PATH } });
}

/** A server that is no mirror; its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const links = () =>
  Object.fromEntries(readdirSync(inMachine("bin")).map((n) => [n, readlinkSync(inMachine(`bin/${n}`))]));

/** One error of one line that says `expected`, and a machine that is as it was. */
function expectRefusal({ code, stdout, stderr }: Awaited<ReturnType<typeof install>>, expected: RegExp) {
  expect(stderr).toMatch(expected);
  expect({ code, stdout, lines: stderr.trim().split("\n").length }).toEqual({ code: 1, stdout: "", lines: 1 });
  expect(new Set(Object.values(links()))).toEqual(new Set(["/older"]));
  const left = readdirSync(inMachine("releases"), { recursive: true }).filter((f) =>
    /hardway-new|etcd-/.test(String(f)),
  );
  expect(left).toEqual([]);
}

test("a whole mirror: every program is installed, and again is no work", async () => {
  for (const release of ["kubernetes", "etcd"] as const)
    expect(await install(release)).toEqual({ code: 0, stdout: "", stderr: "" });
  for (const [name, target] of Object.entries(links())) expect(readFileSync(target, "utf8")).toBe(`the new ${name}`);
  rmSync(inMirror(""), { recursive: true });
  for (const release of ["kubernetes", "etcd"] as const) expect((await install(release)).code).toBe(0);
});

test.each(["kubernetes", "etcd"] as const)("a version of %s that the mirror lacks", async (release) => {
  rmSync(inMirror(release === "etcd" ? "v3.7.4" : "v1.36.4"), { recursive: true });
  expectRefusal(
    await install(release),
    new RegExp(
      `download failed: ${mirror}/v\\S+: .*404; nothing was installed.* ${release}Version and ${release}Mirror$`,
      "m",
    ),
  );
});

test("one file of four that the mirror lacks: no program is of the new version", async () => {
  rmSync(inMirror(program("kube-scheduler")));
  expectRefusal(await install("kubernetes"), /download failed: \S+\/kube-scheduler: .*404/);
});

test("a mirror that is down", async () => {
  await closers.pop()!();
  expectRefusal(
    await install("etcd"),
    /download failed: http:\/\/127\.0\.0\.1:\d+\/v3\.7\.4\/SHA256SUMS: .*Failed to connect.* etcdVersion and etcdMirror$/m,
  );
}, 20_000);

test("a mirror that asks to come again in an hour is not waited for", async () => {
  const busy = await serve((_, response) => response.writeHead(503, { "Retry-After": "3600" }).end());
  expectRefusal(await install("kubernetes", busy), /download failed: .*503; .*kubernetesMirror$/m);
}, 20_000);

test("a program that is not what its checksum says: none of its release is installed", async () => {
  write(inMirror(program("kubectl")), "something else");
  expectRefusal(
    await install("kubernetes"),
    /checksum mismatch: \S+\/kubectl has SHA-256 [0-9a-f]{64}, .*says [0-9a-f]{64}; nothing was installed.*kubernetesMirror/,
  );
});

test("an archive that is not what its checksum says, or has none", async () => {
  write(inMirror(SUMS), `${"0".repeat(64)}  ${archive}.tar.gz\n`);
  expectRefusal(await install("etcd"), /checksum mismatch: \S+\.tar\.gz has .*nothing was installed.*etcdMirror/);
  write(inMirror(SUMS), `${"0".repeat(64)}  another.tar.gz\n`);
  expectRefusal(await install("etcd"), /SHA256SUMS does not name \S+\.tar\.gz; .*etcdVersion and etcdMirror/);
});

test("no room for a download", async () => {
  write(inMirror(program("kubectl")), "x".repeat(100_000));
  const full = "trap '' XFSZ; ulimit -f 50\n"; // as if the disk had room for files of 50 blocks
  expectRefusal(await install("kubernetes", mirror, full), /download failed: \S+\/kubectl: .*diskSizeGb/);
});
