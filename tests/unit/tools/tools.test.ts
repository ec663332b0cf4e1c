import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { isNewEnough } from "../../../local/tools/go";
import { targetKey } from "../../../local/tools/key";
import { arrange } from "../../../local/tools/layout";
import { toolMode } from "../../../local/tools/mode";
import { officialRelease } from "../../../local/tools/official/release";
import { sumIn } from "../../../local/tools/official/sums";
import { ToolPaths } from "../../../local/tools/paths";
import { pluginVersion } from "../../../local/tools/pinned";
import { duration, estimate, narrate, roughly } from "../../../local/tools/progress";
import { clearStamp, isBuilt, writeStamp } from "../../../local/tools/stamp";
import { Target } from "../../../local/tools/target";
import { allTargets } from "../../../local/tools/targets";

const targets = allTargets({ arch: "amd64" });
const named = (name: string) => targets.find((target) => target.name === name)!;

let scratch: string;
beforeEach(() => (scratch = fs.mkdtempSync(path.join(os.tmpdir(), "hardway-tools-"))));
afterEach(() => fs.rmSync(scratch, { recursive: true }));

describe("versions of others", () => {
  const manifest = (dependencies: Record<string, string>) => {
    const file = path.join(scratch, "package.json");
    fs.writeFileSync(file, JSON.stringify({ dependencies }));
    return file;
  };

  test("a plugin has the version of its npm package", () => {
    expect(pluginVersion("tls", manifest({ "@pulumi/tls": "5.6.1" }))).toBe("5.6.1");
    expect(named("gcp").destination).toBe(`pulumi/plugins/resource-gcp-v${pluginVersion("gcp")}`);
    expect(named("kubernetes-plugin").stamps).toEqual({ "main.version": pluginVersion("kubernetes") });
  });

  test.each(["^5.6.1", "latest", "5.6", undefined])("package.json must pin one version: %p is refused", (version) => {
    const file = manifest(version === undefined ? {} : { "@pulumi/tls": version });
    expect(() => pluginVersion("tls", file)).toThrow(/dependencies\["@pulumi\/tls"\].*exact version/);
  });

  test.each([
    ["go1.26", true],
    ["go1.26.8", true],
    ["go1.27rc1", true],
    ["go2.0", true],
    ["devel go1.28-abcdef", true],
    ["go1.25.9", false],
    ["go1.9", false],
    ["", false],
  ])("Go %s accepted: %p", (version, accepted) => expect(isNewEnough(version)).toBe(accepted));

  test("HARDWAY_TOOLS must be auto, official, build or unset", () => {
    expect(["", "auto", "official", "build"].map((mode) => toolMode({ HARDWAY_TOOLS: mode }))).toEqual([
      "auto",
      "auto",
      "official",
      "build",
    ]);
    expect(toolMode({})).toBe("auto");
    expect(() => toolMode({ HARDWAY_TOOLS: "offical" })).toThrow('HARDWAY_TOOLS is "offical"; it must be "auto", ');
  });
});

describe("official releases", () => {
  const release = (name: string, arch: ToolPaths["arch"], env = {}) => {
    const target = allTargets({ arch }).find((one) => one.id === named(name).id)!;
    const { url, sums } = officialRelease(target, arch, env);
    return [url, sums];
  };
  const github = "https://github.com";

  test("have the names that their places give them, by architecture", () => {
    const pulumi = `${github}/pulumi/pulumi/releases/download/v3.259.0`;
    const cli = (arch: string) => [
      `${pulumi}/pulumi-v3.259.0-linux-${arch}.tar.gz`,
      `${pulumi}/pulumi-3.259.0-checksums.txt`,
    ];
    expect(release("engine", "amd64")).toEqual(cli("x64"));
    expect(release("language-nodejs", "arm64")).toEqual(cli("arm64"));
    const gcp = `${github}/pulumi/pulumi-gcp/releases/download/v9.37.0`;
    expect(release("gcp", "arm64")).toEqual([
      `${gcp}/pulumi-resource-gcp-v9.37.0-linux-arm64.tar.gz`,
      `${gcp}/pulumi-gcp_9.37.0_checksums.txt`,
    ]);
    expect(release("kubernetes-plugin", "amd64")[0]).toMatch(
      /\/pulumi\/pulumi-kubernetes\/\S+\/v4\.34\.2\/pulumi-resource-kubernetes-v4\.34\.2-linux-amd64\.tar\.gz$/,
    );
    const kubectl = `https://dl.k8s.io/${named("kubectl").version}/bin/linux/arm64/kubectl`;
    expect(release("kubectl", "arm64")).toEqual([kubectl, `${kubectl}.sha256`]);
    const { version } = named("etcd");
    const etcd = `${github}/etcd-io/etcd/releases/download/${version}`;
    expect(release("etcd", "amd64")).toEqual([`${etcd}/etcd-${version}-linux-amd64.tar.gz`, `${etcd}/SHA256SUMS`]);
  });

  test("of what workers run are on GitHub, but for those of Kubernetes", () => {
    const beside = (url: string, sums: string) => [url, url.replace(/[^/]*$/, sums)];
    const of = (repository: string, version: string) => `${github}/${repository}/releases/download/v${version}`;
    const kubelet = `https://dl.k8s.io/${named("kubelet").version}/bin/linux/arm64/kubelet`;
    expect(release("kubelet", "arm64")).toEqual([kubelet, `${kubelet}.sha256`]);
    const containerd = "containerd-2.4.2-linux-arm64.tar.gz";
    expect(release("containerd", "arm64")).toEqual(
      beside(`${of("containerd/containerd", "2.4.2")}/${containerd}`, `${containerd}.sha256sum`),
    );
    expect(release("runc", "arm64")).toEqual(
      beside(`${of("opencontainers/runc", "1.5.3")}/runc.arm64`, "runc.sha256sum"),
    );
    const cni = "cni-plugins-linux-arm64-v1.10.0.tgz";
    expect(release("cni-plugins", "arm64")).toEqual(
      beside(`${of("containernetworking/plugins", "1.10.0")}/${cni}`, `${cni}.sha256`),
    );
    const crictl = "crictl-v1.37.0-linux-arm64.tar.gz";
    expect(release("cri-tools", "arm64")).toEqual(
      beside(`${of("kubernetes-sigs/cri-tools", "1.37.0")}/${crictl}`, `${crictl}.sha256`),
    );
  });

  test("are looked for in a mirror under the official host's name", () => {
    const mirror = { HARDWAY_TOOLS_MIRROR: "https://mirror.example/remote/" };
    expect(release("engine", "amd64", mirror)[0]).toMatch(
      /^https:\/\/mirror\.example\/remote\/github\.com\/pulumi\/pulumi\/releases\/download\/v/,
    );
  });

  test("have checksums of several kinds, in lists of several forms", () => {
    const [sha1, sha256] = ["a".repeat(40), "B".repeat(64)];
    expect(sumIn(sha256, "kubectl", "u")).toEqual({ algorithm: "sha256", hex: "b".repeat(64) });
    expect(sumIn(`${sha256}\n`, "kubectl", "u").algorithm).toBe("sha256");
    expect(sumIn(`${sha256}  x-a\n${sha1}  ./a\n`, "a", "u")).toEqual({ algorithm: "sha1", hex: sha1 });
    expect(sumIn(`${sha256} *a\n`, "a", "u").algorithm).toBe("sha256");
    for (const text of ["", `${sha256}  b\n`, "abc  a\n", `${"z".repeat(64)}  a\n`, "<html>\n"])
      expect(() => sumIn(text, "a", "https://place/sums")).toThrow("https://place/sums has no checksum of a");
  });
});

describe("keys", () => {
  const target: Target = { ...named("etcd"), sources: ["m", "go.sum"] };
  const key = (changed: Partial<Target> = {}, arch = "amd64") => targetKey({ ...target, ...changed }, arch, scratch);
  const write = (file: string, text: string) => fs.writeFileSync(path.join(scratch, file), text);
  beforeEach(() => {
    fs.mkdirSync(path.join(scratch, "m/testdata"), { recursive: true });
    write("m/go.mod", "module m\n");
    write("m/main.go", "package main\n");
    write("go.sum", "");
  });

  test("change with a source's text or name, the version, the flags and the architecture", () => {
    const cgo = { tags: ["seccomp"], packages: [] };
    const keys = [key(), key({ version: "v0" }), key({ stamps: {} }), key({ cgo }), key({}, "arm64")];
    write("m/main.go", "package main \n");
    keys.push(key());
    fs.renameSync(path.join(scratch, "m/main.go"), path.join(scratch, "m/other.go"));
    keys.push(key());
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("do not change with tests, notes and editors' backups", () => {
    const before = key();
    for (const file of ["m/main_test.go", "m/README.md", "m/main.go~", "m/testdata/x.go"]) write(file, "x");
    expect(key()).toBe(before);
  });
});

describe("stamps", () => {
  test("are valid only for the same key and for files of the same size", () => {
    fs.writeFileSync(path.join(scratch, "pulumi"), "binary");
    expect(isBuilt(scratch, "engine", "k")).toBe(false);
    writeStamp(scratch, "engine", "k", ["pulumi"]);
    expect(isBuilt(scratch, "engine", "k")).toBe(true);
    expect(isBuilt(scratch, "engine", "other")).toBe(false);
    fs.writeFileSync(path.join(scratch, "pulumi"), "half");
    expect(isBuilt(scratch, "engine", "k")).toBe(false);
    writeStamp(scratch, "engine", "k", ["pulumi"]);
    clearStamp(scratch, "engine");
    expect(isBuilt(scratch, "engine", "k")).toBe(false);
    fs.writeFileSync(path.join(scratch, "stamps/engine.json"), "{");
    expect(isBuilt(scratch, "engine", "k")).toBe(false);
  });
});

describe("layout", () => {
  test("a checksum file holds the digest alone and is published after its file", async () => {
    fs.writeFileSync(path.join(scratch, "kubectl"), "abc");
    expect(await arrange(named("kubectl"), scratch)).toEqual(["kubectl", "kubectl.sha256"]);
    expect(fs.readFileSync(path.join(scratch, "kubectl.sha256"), "utf8")).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  const arranged = async (target: Target) => {
    const directory = fs.mkdtempSync(path.join(scratch, "built-"));
    for (const file of Object.keys(target.binaries)) fs.writeFileSync(path.join(directory, file), file);
    const [file, sums] = await arrange(target, directory);
    return {
      archive: path.join(directory, file!),
      file,
      sums,
      text: fs.readFileSync(path.join(directory, sums!), "utf8"),
    };
  };

  test("the same binaries give the same tarball", async () => {
    const [one, other] = [await arranged(named("etcd")), await arranged(named("etcd"))];
    expect(one.text).toMatch(/^[0-9a-f]{64} {2}etcd-v[\d.]+-linux-amd64\.tar\.gz\n$/);
    expect(other.text).toBe(one.text);
  });

  test.each([
    [
      "etcd",
      "etcd-v3.6.16-linux-amd64.tar.gz",
      "SHA256SUMS",
      ["etcd", "etcdctl", "etcdutl"].map((name) => `etcd-v3.6.16-linux-amd64/${name}`),
    ],
    [
      "containerd",
      "containerd-2.4.2-linux-amd64.tar.gz",
      "containerd-2.4.2-linux-amd64.tar.gz.sha256sum",
      ["bin/containerd", "bin/containerd-shim-runc-v2", "bin/ctr"],
    ],
    [
      "cni-plugins",
      "cni-plugins-linux-amd64-v1.10.0.tgz",
      "cni-plugins-linux-amd64-v1.10.0.tgz.sha256",
      ["./bridge", "./host-local", "./loopback", "./portmap"],
    ],
    ["cri-tools", "crictl-v1.37.0-linux-amd64.tar.gz", "crictl-v1.37.0-linux-amd64.tar.gz.sha256", ["crictl"]],
  ])("the archive of %s has the official names", async (name, file, sums, members) => {
    const result = await arranged(named(name));
    expect([result.file, result.sums]).toEqual([file, sums]);
    expect(execFileSync("tar", ["-tzf", result.archive], { encoding: "utf8" }).trim().split("\n")).toEqual(members);
    expect(sumIn(result.text, file, sums).hex).toMatch(/^[0-9a-f]{64}$/);
  });

  test("runc is a bare binary with the name of its architecture, in a list of checksums", async () => {
    const { file, sums, text } = await arranged(named("runc"));
    expect([file, sums]).toEqual(["runc.amd64", "runc.sha256sum"]);
    expect(text).toMatch(/^[0-9a-f]{64} {2}runc\.amd64\n$/);
  });
});

describe("progress", () => {
  test("speaks of time as people do", () => {
    expect([0.4, 59, 60, 95].map(duration)).toEqual(["0 s", "59 s", "1 min", "1 min 35 s"]);
    expect([3, 54, 58, 170].map(roughly)).toEqual(["5 s", "55 s", "1 min", "3 min"]);
    expect(estimate([named("kubectl"), named("etcd")])).toBe(named("kubectl").seconds + named("etcd").seconds);
  });

  test("tells start, life and end of a build, and no end of a failed one", async () => {
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    const beats = (count: number) => async () => {
      while (lines.filter((line) => line.includes("still")).length < count) await new Promise(setImmediate);
    };
    await narrate(named("gcp"), log, beats(2), { every: 1 });
    expect(lines[0]).toMatch(/^building gcp plugin [\d.]+ \(about/);
    expect(lines.at(-1)).toMatch(/^built gcp plugin [\d.]+ in \d+ s$/);
    await expect(narrate(named("tls"), log, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(lines.at(-1)).toMatch(/^building tls plugin/);
  });
});
