import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { hostProblems } from "../../local/cloud/cli/preflight";
import { lackOfSpace } from "../../local/space";
import { toolPaths } from "../../local/tools";
import { findGo } from "../../local/tools/go";
import { buildProblems } from "../../local/tools/preflight";
import { placeOf } from "../../local/tools/places";
import { allTargets } from "../../local/tools/targets";
import { kubectl } from "../../tasks/kubectl";
import { checkSettings as check, localStacks, openStack, whyMissing } from "../../tasks/stack";
import { up as bringUp } from "../../tasks/up";

/** A checkout with nothing but the files that the tests write. */
const mockCheckout = mkdtempSync(join(tmpdir(), "hardway-checkout-"));
jest.mock("../../lib/directories", () => ({
  ...jest.requireActual<object>("../../lib/directories"),
  get projectDirectory() {
    return mockCheckout;
  },
}));
/** This host may run a local cloud; the tests are about one that does not. */
jest.mock("../../local/cloud/client", () => ({ hasHostLink: () => false }));

const checkSettings = (name: string) => check(openStack(name));
const up = async (name: string) => bringUp(openStack(name));

const { env } = process;
let scratch: string;
beforeEach(() => {
  copyFileSync(join(__dirname, "../../Pulumi.yaml"), join(mockCheckout, "Pulumi.yaml"));
  scratch = mkdtempSync(join(tmpdir(), "hardway-preflight-"));
  process.env = { ...env, XDG_STATE_HOME: join(scratch, "state"), XDG_CACHE_HOME: join(scratch, "cache") };
  process.env.HARDWAY_TOOLS = "build"; // so that no test asks the official places
});
afterEach(() => {
  process.env = env;
  jest.restoreAllMocks();
  rmSync(scratch, { recursive: true });
});
afterAll(() => rmSync(mockCheckout, { recursive: true }));

const LOCAL = "gcp:computeCustomEndpoint: http://203.0.113.2:8080/compute/v1/";
const RIGHT = ["gcp:region: us-central1", "hardway:administratorCidrs: [198.51.100.0/24]"];

/** Writes the settings of the stack `test`. */
const settings = (lines: string[], rest = "") =>
  writeFileSync(join(mockCheckout, "Pulumi.test.yaml"), `config:\n${lines.map((l) => `  ${l}\n`).join("")}${rest}`);

/** Writes programs into a directory, and returns the directory. */
function programsIn(programs: Record<string, string>): string {
  const bin = join(scratch, "bin");
  mkdirSync(bin, { recursive: true });
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

/** Sets PATH to a directory that holds these programs only. */
function path(programs: Record<string, string> = {}): void {
  process.env.PATH = programsIn(programs);
}

describe("settings", () => {
  test("problems of every kind are listed at once, before anything is changed", async () => {
    settings([
      "gcp:region: us-central1",
      LOCAL,
      "hardway:controllers: three",
      "hardway:certificateDays: [1]",
      "hardway:zones: us-central1-a",
      "hardway:serviceCidr: 10.240.0.0/29",
      "kubernetesVersion: 1.35.0",
      "controlers: 3",
    ]);
    const error = await up("test").catch((e: Error) => e.message);
    expect((error as string).split("\n").map((line) => line.trim().split(" ").slice(0, 2).join(" "))).toEqual([
      "8 problems",
      "hardway:controlers is",
      "hardway:controllers must",
      "hardway:zones must",
      "hardway:kubernetesVersion must",
      "hardway:certificateDays must",
      "hardway:serviceCidr must",
      "hardway:serviceCidr must",
      "hardway:administratorCidrs must",
    ]);
    expect(existsSync(join(scratch, "state"))).toBe(false);
  });

  test("ranges that are for documentation end make up where Google's cloud is meant, before anything is built", async () => {
    settings(RIGHT);
    await expect(up("test")).rejects.toThrow(/administratorCidrs must be a range that you work from.*198\.51\.100\.0/);
    expect(existsSync(join(scratch, "state"))).toBe(false);
  });

  test("a setting is read with and without the project's name before its key", () => {
    settings([...RIGHT, "controllers: 5"]);
    expect(checkSettings("test")).toMatchObject({ controllers: 5, administratorCidrs: ["198.51.100.0/24"] });
  });

  test("an encrypted setting is left to the program, and other settings are still checked", () => {
    settings(["gcp:region: {secure: x}", "administratorCidrs: [{secure: x}]", "hardway:podCidr: {secure: x}"]);
    expect(checkSettings("test")).toBeUndefined();
    settings(["gcp:region: us-central1", "administratorCidrs: [{secure: x}]", "hardway:controllers: 4"]);
    expect(() => checkSettings("test")).toThrow(
      /^1 problem in the settings .*\n {2}hardway:controllers must be .*got "4"/,
    );
    settings(["gcp:region: us-central1"], "environment: [shared]\n");
    expect(checkSettings("test")).toBeUndefined();
  });

  test("a settings file that is not YAML, and a stack without one, are errors that name the file", () => {
    settings(["[}"]);
    expect(() => checkSettings("test")).toThrow(/Pulumi\.test\.yaml cannot be read: /);
    expect(() => checkSettings("tset")).toThrow(
      /STACK=tset has no settings file Pulumi\.tset\.yaml; .*use one of test$/,
    );
  });

  test("an unknown value of HARDWAY_TOOLS is refused", () => {
    settings(RIGHT);
    process.env.HARDWAY_TOOLS = "offical";
    expect(() => openStack("test")).toThrow(
      'HARDWAY_TOOLS is "offical"; it must be "auto", "official", "build" or unset',
    );
  });

  test("a version that the settings do not name is that of the running stack, or else the newest", () => {
    settings([...RIGHT, "etcdVersion: 3.6.16"]);
    const running = { kubernetesVersion: "1.36.1", etcdVersion: "3.6.10" };
    expect(check(openStack("test"), running)).toMatchObject({ kubernetesVersion: "1.36.1", etcdVersion: "3.6.16" });
    expect(check(openStack("test"))).toMatchObject({ kubernetesVersion: "1.37.2", etcdVersion: "3.6.16" });
  });

  test("kubectl has the version of the running stack where that is built, and else the default version", async () => {
    settings(RIGHT);
    const said = join(scratch, "said");
    for (const version of ["1.36.1", "1.37.2"]) {
      const directory = join(toolPaths().mirror, placeOf("kubernetes", version, toolPaths().arch).directory);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "kubectl"), `#!/bin/sh\necho ${version} "$@"\n`, { mode: 0o755 });
    }
    for (const [running, used] of [
      ["1.36.1", "1.36.1"],
      ["1.36.2", "1.37.2"],
    ]) {
      const outputs = { kubeconfig: "k", ssh: {}, kubernetesVersion: running };
      const bin = programsIn({ pulumi: `#!/bin/sh\necho '${JSON.stringify(outputs)}'\n` });
      process.env.PATH = `${bin}:${env.PATH}`;
      expect(await kubectl(openStack("test"), `get nodes > ${said}`)).toBe(0);
      expect(readFileSync(said, "utf8")).toBe(`${used} get nodes\n`);
    }
  });

  test("opening a stack changes nothing; a local stack exists once the engine has created it", async () => {
    settings([...RIGHT, LOCAL]);
    const stack = openStack("test");
    expect(localStacks()).toEqual([]);
    expect(existsSync(join(scratch, "state"))).toBe(false);

    path({ pulumi: "#!/bin/sh\nexit 0\n" });
    expect(await whyMissing(openStack("test"))).toBeUndefined();
    const file = join(stack.directory, "Pulumi.test.yaml");
    expect(readFileSync(file, "utf8")).toBe(readFileSync(join(mockCheckout, "Pulumi.test.yaml"), "utf8"));
    expect(statSync(stack.environment.PULUMI_CONFIG_PASSPHRASE_FILE!).mode & 0o777).toBe(0o600);
    expect(localStacks()).toEqual([]);

    appendFileSync(file, "encryptionsalt: v1:x\n");
    expect(localStacks()).toEqual(["test"]);
    settings([...RIGHT, LOCAL, "controllers: 5"]);
    await whyMissing(openStack("test"));
    expect(readFileSync(file, "utf8")).toMatch(/controllers: 5\nencryptionsalt: v1:x\n$/);
  });
});

describe("the machine of a local stack", () => {
  const go = "#!/bin/sh\necho go1.26.0; echo /tmp; echo /tmp\n";

  test("all that is missing (root, Go, apt-get) is listed at once, before anything is changed", async () => {
    jest.spyOn(process, "getuid" as never).mockReturnValue(1000 as never);
    path();
    settings([...RIGHT, LOCAL]);
    const error = await up("test").catch((e: Error) => e.message);
    expect(error).toMatch(/^this machine cannot run the local cloud; nothing was changed:\n/);
    expect(error).toMatch(/needs root: run this as root, for example with sudo$/m);
    expect(error).toMatch(/needs Go 1\.26 or newer on PATH, but there is no go command; install it/);
    expect(error).toMatch(/apt-get, which installs .*, is not on PATH: use Debian 12/);
    expect(readdirSync(scratch)).toEqual(["bin"]);
  });

  test("a version that cannot be built is an error that lists those that can, before anything is changed", async () => {
    path({ go });
    settings([
      ...RIGHT,
      LOCAL,
      "kubernetesVersion: 1.36.99",
      "kubernetesMirror: http://203.0.113.3/kubernetes",
      "etcdVersion: 3.7.99",
      "etcdMirror: http://203.0.113.3/etcd",
    ]);
    const error = await up("test").catch((e: Error) => e.message);
    expect(error).toMatch(/^ {2}kubernetes 1\.36\.99 cannot be built: .* 1\.36\.1, 1\.36\.3, 1\.37\.2\. /m);
    expect(error).toMatch(/^ {2}etcd 3\.7\.99 cannot be built: .* 3\.6\.16, 3\.7\.3\. /m);
    expect(readdirSync(scratch)).toEqual(["bin"]);
  });

  test("versions that the settings do not name are built as the stack runs them", async () => {
    const outputs = { kubernetesVersion: "1.36.99", etcdVersion: "3.7.99" };
    path({ go, pulumi: `#!/bin/sh\necho '${JSON.stringify(outputs)}'\n` });
    const mirrors = ["kubernetes", "etcd"].map((name) => `${name}Mirror: http://203.0.113.3/${name}`);
    settings([...RIGHT, LOCAL, ...mirrors]);
    mkdirSync(openStack("test").directory, { recursive: true });
    writeFileSync(join(openStack("test").directory, "Pulumi.test.yaml"), "encryptionsalt: v1:x\n");
    const error = await up("test").catch((e: Error) => e.message);
    expect(error).toMatch(/^ {2}kubernetes 1\.36\.99 cannot be built/m);
    expect(error).toMatch(/^ {2}etcd 3\.7\.99 cannot be built/m);
  });

  test("a Go that is too old is an error", async () => {
    path({ go: "#!/bin/sh\necho go1.25.9\n" });
    await expect(findGo()).rejects.toThrow(/needs Go 1\.26 or newer on PATH, but go1\.25\.9 is there; install it/);
  });

  test("a cache directory that is not writable is an error", async () => {
    writeFileSync(join(scratch, "cache"), "");
    path({ go });
    const problems = await buildProblems([{ ...allTargets({ arch: "amd64" })[0]!, megabytes: 1 }], toolPaths());
    expect(problems).toEqual([
      expect.stringMatching(/cache \S+\/cache\/hardway is not writable: .*set XDG_CACHE_HOME/),
    ]);
  });

  test("too little space for building or for the machines' disks is an error", async () => {
    const huge = { ...allTargets({ arch: "amd64" })[0]!, megabytes: 1e12 };
    path({ go });
    const full = /has \d+ MB free, and building may need 1000000000000 MB: make room, .*XDG_CACHE_HOME, GOCACHE/;
    expect(await buildProblems([huge], toolPaths())).toContainEqual(expect.stringMatching(full));
    const disks = /state\/hardway\/cloud has \d+ MB free, and the machines' disks may need \d+ MB: .*XDG_STATE_HOME/;
    expect(await hostProblems(1e9)).toContainEqual(expect.stringMatching(disks));
    expect(lackOfSpace(scratch, 1, "a test")).toBeUndefined();
  });

  test("a machine that has everything has no problems", async () => {
    path({ go });
    expect(await buildProblems([{ ...allTargets({ arch: "amd64" })[0]!, megabytes: 1 }], toolPaths())).toEqual([]);
  });
});
