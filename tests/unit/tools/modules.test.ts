import * as fs from "node:fs";
import * as path from "node:path";
import { TOOLS } from "../../../local/tools/pinned";
import { allTargets } from "../../../local/tools/targets";
import {
  BUILDABLE,
  DEFAULTS,
  ENGINE_VERSION,
  LANGUAGE_NODEJS_VERSION,
  Release,
  RELEASES,
} from "../../../local/tools/versions";
import { ETCD_MINORS, KUBERNETES_MINORS, minorOf, PROGRAMS } from "../../../node/versions";
import { project } from "../settings";

/** What these tests need of a go.mod: versions by module path. */
interface GoModule {
  name: string;
  requires: Record<string, string>;
  replaces: Record<string, string>;
  text: string;
}

function readModule(directory: string): GoModule {
  const text = fs.readFileSync(path.join(TOOLS, directory, "go.mod"), "utf8");
  const found = (pattern: RegExp) =>
    Object.fromEntries([...text.matchAll(pattern)].map(([, name, version]) => [name!, version!]));
  return {
    name: /^module (\S+)$/m.exec(text)![1]!,
    requires: found(/^(?:require|\t)\s*(\S+) (v\S+)(?: \/\/ indirect)?$/gm),
    replaces: found(/^(?:replace|\t)\s*(\S+) => \1 (v\S+)$/gm),
    text,
  };
}

const releases = Object.keys(RELEASES) as Release[];
const rows = releases.flatMap((release) =>
  Object.entries<{ module: string }>(RELEASES[release]).map(([version, { module }]) => ({ release, version, module })),
);

describe.each([
  ["kubernetes", "kubernetesVersion"],
  ["etcd", "etcdVersion"],
] as const)("the version of %s", (release, setting) => {
  const { newest } = PROGRAMS[setting];

  test("that is newest in each minor can be built, and no newer one", () => {
    expect(newest).toEqual(newest.map((one) => BUILDABLE[release].filter((v) => minorOf(v) === minorOf(one)).at(-1)));
  });

  test("that a new stack gets is the default of the tools, and Pulumi.yaml names it", () => {
    expect(DEFAULTS[release]).toBe(newest.at(-1));
    const { default: text, description } = project.config[setting]!;
    expect(text).toBe("");
    expect(description).toContain(`When empty, a new stack gets ${newest.at(-1)}, and`);
  });
});

test.each(releases)("every Go module of %s is in the table, and the default can be built", (release) => {
  const directories = fs.readdirSync(path.join(TOOLS, release)).map((version) => `${release}/${version}`);
  expect(directories.sort()).toEqual(rows.filter((row) => row.release === release).map(({ module }) => module));
  expect(BUILDABLE[release]).toContain(DEFAULTS[release]);
});

test("every Go module is named after its path", () => {
  const files = fs.readdirSync(TOOLS, { recursive: true, encoding: "utf8" });
  const modules = files.filter((file) => path.basename(file) === "go.mod").map((file) => path.dirname(file));
  // Go lets only a module below terraform-provider-tls use that provider's internal packages.
  const own = modules.filter((module) => module !== "plugins/tls/shim");
  expect(own).toContain("engine");
  expect(own.map((module) => readModule(module).name)).toEqual(own.map((module) => `hardway/local/tools/${module}`));
});

test("every version that can be built is of a supported minor, and every supported minor can be built", () => {
  const minors = (release: Release) => [...new Set(BUILDABLE[release].map(minorOf))];
  expect(minors("kubernetes")).toEqual(KUBERNETES_MINORS);
  expect(minors("etcd")).toEqual(ETCD_MINORS);
});

describe.each(rows)("the Go module of $release $version", ({ release, version, module }) => {
  const target = allTargets({ arch: "amd64" }).filter((t) => t.release === release && t.version === `v${version}`);
  const { requires, replaces, text } = readModule(module);
  const providerOf = (program: string) => Object.keys(requires).find((one) => `${program}/`.startsWith(`${one}/`));

  test("has a directory named after the version", () => expect(module).toBe(`${release}/v${version}`));

  test("has every program that is built from it, with checksums", () => {
    const sums = fs.readFileSync(path.join(TOOLS, module, "go.sum"), "utf8");
    const packages = target.flatMap(({ binaries }) => Object.values(binaries));
    expect(packages).not.toEqual([]);
    for (const program of packages) {
      const provider = providerOf(program)!;
      expect(text).toMatch(new RegExp(`^(\t|tool )${program}$`, "m"));
      expect(sums).toContain(`${provider} ${requires[provider]} h1:`);
    }
    expect(target.map((one) => one.module)).toEqual(target.map(() => module));
  });

  if (release === "kubernetes") {
    test("pins Kubernetes, and each of its staging modules, to the version", () => {
      expect(requires["k8s.io/kubernetes"]).toBe(`v${version}`);
      const staging = version.replace(/^1\./, "v0.");
      expect(Object.values(replaces)).toEqual(Object.keys(replaces).map(() => staging));
      // Kubernetes itself requires its staging modules as v0.0.0, which does not exist: each needs a replacement.
      const required = Object.keys(requires).filter((one) => ["v0.0.0", staging].includes(requires[one]!));
      expect(required).toEqual(expect.arrayContaining(["k8s.io/apiserver", "k8s.io/client-go"]));
      expect(Object.keys(replaces)).toEqual(expect.arrayContaining(required));
    });

    test("has the date of a release", () => {
      const { date } = RELEASES.kubernetes[version as keyof typeof RELEASES.kubernetes];
      expect(date).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(target.map(({ stamps }) => stamps["k8s.io/component-base/version.buildDate"])).toEqual(
        target.map(() => date),
      );
    });
  } else {
    test("pins each module that has a program to the version", () => {
      const modules = target.flatMap(({ binaries }) => Object.values(binaries).map((program) => providerOf(program)!));
      // etcd has other modules, such as its API, which must have the same version.
      if (release === "etcd")
        modules.push(...Object.keys(requires).filter((one) => one.startsWith("go.etcd.io/etcd/")));
      expect(modules.map((one) => requires[one])).toEqual(modules.map(() => `v${version}`));
    });
  }
});

test.each([
  ["engine", "github.com/pulumi/pulumi/pkg/v3", ENGINE_VERSION],
  ["language-nodejs", "github.com/pulumi/pulumi/sdk/v3", LANGUAGE_NODEJS_VERSION],
])("the Go module of %s pins the version of versions.ts", (module, required, version) => {
  expect(readModule(module).requires[required]).toBe(version);
});
