import { once } from "node:events";
import * as fs from "node:fs";
import { AddressInfo, createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { installationProblems as realProblems } from "../../../local/hostPackages";
import { ensureTools, toolEnv, toolPaths, toolProblems } from "../../../local/tools";
import { lookUp } from "../../../local/tools/official/lookUp";
import { selectTargets } from "../../../local/tools/select";
import { allTargets } from "../../../local/tools/targets";
import { officialPlaces, Places, programsOf, publishAll } from "./places";

/** Says that the host has every package, until a test says otherwise. */
jest.mock("../../../local/hostPackages", () => ({
  installationProblems: jest.fn(() => []),
  ensurePackages: jest.fn(),
}));
const installationProblems = jest.mocked(realProblems);

const { env } = process;
const arch = process.arch === "x64" ? "amd64" : "arm64";
const ETCD = `github.com/etcd-io/etcd/releases/download/v3.7.3/etcd-v3.7.3-linux-${arch}.tar.gz`;
const KUBERNETES = `dl.k8s.io/v1.37.2/bin/linux/${arch}`;
const CLI = `github.com/pulumi/pulumi/releases/download/v3.259.0/pulumi-v3.259.0-linux-${arch === "amd64" ? "x64" : arch}.tar.gz`;

let scratch: string;
let places: Places;
let said: string[];
beforeEach(async () => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), "hardway-official-"));
  places = await officialPlaces();
  publishAll(places, scratch);
  said = [];
  process.env = { XDG_CACHE_HOME: scratch, PATH: programsOf(scratch), HARDWAY_TOOLS_MIRROR: places.url };
});
afterEach(async () => {
  process.env = env;
  await places.close();
  fs.rmSync(scratch, { recursive: true });
});

const ensure = (names: string[], options: { official?: boolean; signal?: AbortSignal } = {}) =>
  ensureTools({ names, log: (line) => void said.push(line), ...options });
const file = (...parts: string[]) => path.join(scratch, "hardway", ...parts);
const content = (...parts: string[]) => fs.readFileSync(file(...parts), "utf8").trim();
const kubectl = ["mirror/kubernetes/v1.37.2/bin/linux", arch, "kubectl"] as const;
const unreachable = () => places.close();

describe("where the official places answer", () => {
  test("everything is downloaded, laid out as a build lays it out, and said in one line before and after", async () => {
    await ensure(["engine", "language-nodejs", "command", "kubernetes", "etcd"]);
    expect(content("engine/v3.259.0/pulumi")).toBe("official pulumi/pulumi");
    expect(content("engine/v3.259.0/pulumi-language-nodejs")).toBe("official pulumi/pulumi-language-nodejs");
    const plugin = "pulumi/plugins/resource-command-v1.2.1/pulumi-resource-command";
    expect(content(plugin)).toBe("official pulumi-resource-command");
    expect(fs.statSync(file(plugin)).mode & 0o777).toBe(0o755);
    expect(content(...kubectl)).toBe("official kubectl");
    expect(content(`${kubectl.join("/")}.sha256`)).toBe(places.files.get(`${KUBERNETES}/kubectl.sha256`)!.toString());
    const etcd = path.basename(ETCD);
    expect(fs.readFileSync(file("mirror/etcd/v3.7.3", etcd))).toEqual(places.files.get(ETCD));
    expect(content("mirror/etcd/v3.7.3/SHA256SUMS")).toMatch(new RegExp(`^[0-9a-f]{64} {2}${etcd}$`));

    const all = "pulumi 3.259.0, Kubernetes 1.37.2, etcd 3.7.3, plugins";
    expect(said).toEqual([
      `tools: downloading the official ${all}`,
      expect.stringMatching(new RegExp(`^tools: official ${all} downloaded in \\d+ s, checksums verified$`)),
      expect.stringMatching(/^tools: 8 of 8 ready in \S+ after \d+ s \(official\)$/),
    ]);
    expect(fs.readdirSync(file()).sort()).toEqual(["engine", "mirror", "pulumi", "stamps"]);
  });

  test("what workers run is downloaded; archives stay as they are, and runc can be run", async () => {
    await ensure(["kubelet", "kubelet@1.36.3", "kube-proxy", "runtime"]);
    const kubelet = (version: string) => content("mirror/kubernetes", version, "bin/linux", arch, "kubelet");
    expect([kubelet("v1.37.2"), kubelet("v1.36.3")]).toEqual(["official 1.37.2 kubelet", "official 1.36.3 kubelet"]);
    const archive = `containerd-2.4.2-linux-${arch}.tar.gz`;
    const published = [...places.files].find(([name]) => name.endsWith(archive))![1];
    expect(fs.readFileSync(file("mirror/containerd/v2.4.2", archive))).toEqual(published);
    expect(content("mirror/containerd/v2.4.2", `${archive}.sha256sum`)).toMatch(/^[0-9a-f]{64} {2}containerd-\S+gz$/);
    const runc = `mirror/runc/v1.5.3/runc.${arch}`;
    expect([content(runc), fs.statSync(file(runc)).mode & 0o777]).toEqual(["official runc", 0o755]);
    expect(fs.readdirSync(file("mirror")).sort()).toEqual(["cni", "containerd", "cri-tools", "kubernetes", "runc"]);
    expect(said.at(-1)).toMatch(/^tools: 7 of 7 ready in \S+ after \d+ s \(official\)$/);
  });

  test("an archive that two tools need is downloaded once, and nothing is asked when all is there", async () => {
    await ensure(["engine", "language-nodejs"]);
    expect(places.asked.filter((one) => one === CLI)).toHaveLength(1);
    places.asked.length = 0;
    await ensure(["engine", "language-nodejs"]);
    await ensure(["engine"], { official: true });
    expect(places.asked).toEqual([]);
    expect(said.at(-1)).toMatch(/^tools: 1 of 1 ready in \S+ \(official\)$/);
  });

  test("HARDWAY_TOOLS=build asks nobody and builds, also in place of a download and for Google Cloud", async () => {
    await ensure(["etcd"]);
    places.asked.length = 0;
    process.env.HARDWAY_TOOLS = "build";
    await ensure(["kubectl", "etcd"], { official: true });
    expect([places.asked, content(...kubectl)]).toEqual([[], "built"]);
    expect(said.at(-1)).toMatch(/\(built from source\)$/);
  });

  test("what was built stays, until official tools are asked for", async () => {
    process.env.HARDWAY_TOOLS = "build";
    await ensure(["kubectl"]);
    delete process.env.HARDWAY_TOOLS;
    await ensure(["kubectl"]);
    expect([places.asked, content(...kubectl)]).toEqual([[], "built"]);
    await ensure(["kubectl"], { official: true });
    expect(content(...kubectl)).toBe("official kubectl");
  });
});

describe("a download that goes wrong", () => {
  test("a wrong checksum is an error that names the file, both checksums and the way out; nothing is built instead", async () => {
    const right = places.files.get(`${KUBERNETES}/kubectl.sha256`)!.toString();
    places.files.set(`${KUBERNETES}/kubectl`, Buffer.from("abc"));
    const wrong = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    await expect(ensure(["kubectl"])).rejects.toThrow(
      `/kubectl is not the official kubectl: its sha256 is ${wrong}, and ${places.url}/${KUBERNETES}/kubectl.sha256 says ` +
        `${right}; nothing of it was installed. Run the command again, or set HARDWAY_TOOLS=build`,
    );
    expect(fs.readdirSync(file())).toEqual([]);
  });

  test("a connection that breaks is an error; what was finished stays, and the next run goes on", async () => {
    await ensure(["kubectl"]);
    places.troubles.set(ETCD, (response, whole) => {
      response.writeHead(200, { "content-length": whole!.length });
      response.write(whole!.subarray(0, 10), () => response.destroy());
    });
    await expect(ensure(["kubectl", "etcd"])).rejects.toThrow(
      /etcd-v3\.7\.3-linux-\w+\.tar\.gz: aborted; nothing of it/,
    );
    expect([fs.existsSync(file("mirror/etcd")), fs.existsSync(file("tmp"))]).toEqual([false, false]);
    places.troubles.clear();
    places.asked.length = 0;
    await ensure(["kubectl", "etcd"]);
    expect(places.asked.filter((one) => one.startsWith("dl.k8s.io"))).toEqual([]);
  });

  test("Ctrl-C ends it and leaves nothing half done", async () => {
    const stop = new AbortController();
    places.troubles.set(ETCD, (response, whole) => {
      response.writeHead(200, { "content-length": whole!.length });
      response.write(whole!.subarray(0, 10), () => stop.abort(new Error("stopped by SIGINT")));
    });
    await expect(ensure(["etcd"], { signal: stop.signal })).rejects.toThrow("stopped by SIGINT");
    expect(fs.readdirSync(file())).toEqual([]);
  });
});

describe("where an official place does not answer", () => {
  test("the tools are built, and one line says why and how long that takes", async () => {
    await unreachable();
    await ensure(["kubectl", "etcd"]);
    expect(content(...kubectl)).toBe("built");
    expect(said[0]).toMatch(
      /^tools: the official releases cannot be had: Kubernetes 1\.37\.2, etcd 3\.7\.3 \(http:\S+: connect ECONNREFUSED [\d.:]+\)\. They are built from source instead, in about \d+ s$/,
    );
    expect(said.at(-1)).toMatch(/\(built from source\)$/);
  });

  test("a release that one file is missing of is built as a whole, and the others are downloaded", async () => {
    places.files.delete(`${KUBERNETES}/kube-scheduler.sha256`);
    await ensure(["kubernetes", "etcd"]);
    expect(content(...kubectl)).toBe("built");
    expect(said[0]).toContain(`Kubernetes 1.37.2 (${places.url}/${KUBERNETES}/kube-scheduler.sha256 answers HTTP 404)`);
    expect(said.at(-1)).toMatch(/\(1 official, 4 built from source\)$/);
  });

  test("a list of checksums without the file counts as no answer", async () => {
    const sums = ETCD.replace(/[^/]*$/, "SHA256SUMS");
    places.files.set(sums, Buffer.from("<html>Sign in to the hotel's network</html>\n"));
    await ensure(["etcd"]);
    expect(said[0]).toContain(`etcd 3.7.3 (${places.url}/${sums} has no checksum of ${path.basename(ETCD)})`);
    expect(said.at(-1)).toMatch(/\(built from source\)$/);
  });

  test("a server that keeps silent is waited for no longer than the time, once for all files", async () => {
    for (const name of ["kubectl", "kube-scheduler"])
      places.troubles.set(`${KUBERNETES}/${name}.sha256`, () => undefined);
    const targets = selectTargets(allTargets({ arch }), ["kubernetes", "etcd"]);
    const { available, missing, reasons } = await lookUp(targets, { arch }, undefined, 500);
    expect(available.map(({ target }) => target.name)).toEqual(["etcd"]);
    expect(missing).toHaveLength(4);
    expect(reasons).toEqual([
      expect.stringMatching(/^Kubernetes 1\.37\.2 \(http:\S+\.sha256: no answer within 0\.5 s\)$/),
    ]);
  });

  test("a proxy that keeps silent is waited for no longer, and named", async () => {
    const proxy = createServer().listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    process.env = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
    const { reasons } = await lookUp(selectTargets(allTargets({ arch }), ["gcp"]), { arch }, undefined, 300);
    proxy.close();
    expect(reasons).toEqual([
      `plugins (https://github.com/pulumi/pulumi-gcp/releases/download/v9.37.0/pulumi-gcp_9.37.0_checksums.txt: ` +
        `no answer within 0.3 s through the proxy 127.0.0.1:${port})`,
    ]);
  });

  test.each([{ official: true }, { mode: "official" }])(
    "official tools are an error with the ways out: %j",
    async (how) => {
      await unreachable();
      if (how.mode) process.env.HARDWAY_TOOLS = how.mode;
      await expect(ensure(["etcd"], { official: how.official })).rejects.toThrow(
        /^the official releases cannot be had: etcd 3\.7\.3 \(.*\)\. Nothing was changed\. .*HARDWAY_TOOLS_MIRROR .*HARDWAY_TOOLS=build$/,
      );
      expect(fs.existsSync(file())).toBe(false);
    },
  );

  test("a machine without Go is a problem only then", async () => {
    fs.rmSync(path.join(scratch, "bin/go"));
    expect(await toolProblems(["kubectl"])).toEqual([]);
    await unreachable();
    expect(await toolProblems(["kubectl"])).toEqual([
      expect.stringMatching(/^building the tools needs Go .* there is no go command/),
      expect.stringMatching(/^the official releases cannot be had: Kubernetes 1\.37\.2 /),
    ]);
  });

  test("a machine that cannot have the packages of runc's C code hears it before anything is built", async () => {
    await unreachable();
    installationProblems.mockImplementation((needed, what) =>
      needed.length === 0 ? [] : [`${what} needs ${needed.map((one) => one.package).join(", ")}`],
    );
    const lacks = "building runc needs gcc, libc6-dev, pkg-config, libseccomp-dev";
    expect((await toolProblems(["kubelet", "runtime"]))[0]).toBe(lacks);
    await expect(ensure(["cni-plugins", "runc"])).rejects.toThrow(lacks);
    expect(fs.existsSync(file("mirror"))).toBe(false);
    installationProblems.mockReturnValue([]);
  });

  test.each(["ftp://mirror", "mirror", "https://user:secret@mirror", "https://mirror?x"])(
    "%s is refused as a mirror",
    async (mirror) => {
      process.env.HARDWAY_TOOLS_MIRROR = mirror;
      await expect(ensure(["etcd"])).rejects.toThrow(/^HARDWAY_TOOLS_MIRROR must be an http or https URL without user/);
    },
  );
});

describe("an installed command line", () => {
  const installed = (version: string) =>
    programsOf(scratch, { pulumi: `#!/bin/sh\necho ${version}\n`, "pulumi-language-nodejs": "#!/bin/sh\n" });

  test("of the pinned version is used instead of a download", async () => {
    const bin = installed("v3.259.0");
    await ensure(["engine", "language-nodejs", "command"]);
    expect(content("engine/v3.259.0/pulumi")).toBe("#!/bin/sh\necho v3.259.0");
    expect(places.asked.filter((one) => one.startsWith("github.com/pulumi/pulumi/"))).toEqual([]);
    expect(said[0]).toBe(`tools: engine v3.259.0 taken from ${bin}, which is on PATH`);
    expect(said.at(-1)).toMatch(/\(official\)$/);
  });

  test("of another version is not", async () => {
    installed("v3.100.0");
    await ensure(["engine"]);
    expect(content("engine/v3.259.0/pulumi")).toBe("official pulumi/pulumi");
  });

  test("is used as it is, with its own plugins, when HARDWAY_TOOLS=official; it must be v3", async () => {
    process.env.HARDWAY_TOOLS = "official";
    const bin = installed("v3.100.0");
    await ensure(["engine", "language-nodejs", "plugins"]);
    expect(said).toEqual(["tools: pulumi v3.100.0 on PATH, with its own plugins"]);
    const { PATH, PULUMI_HOME } = toolEnv();
    expect(PATH!.split(":")).toEqual([toolPaths().kubectlDir, bin]);
    expect(PULUMI_HOME).toBeUndefined();
    installed("v2.9.0");
    await expect(ensure(["engine"])).rejects.toThrow(/must be v3, but v2\.9\.0 is there$/);
  });

  test("is not needed when HARDWAY_TOOLS=official: it is downloaded", async () => {
    process.env.HARDWAY_TOOLS = "official";
    await ensure(["engine"]);
    const { PATH, PULUMI_HOME } = toolEnv();
    expect(PATH!.split(":")[0]).toBe(toolPaths().engineBin);
    expect(PULUMI_HOME).toBe(toolPaths().pulumiHome);
  });
});
