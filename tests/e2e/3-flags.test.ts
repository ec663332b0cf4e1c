import { mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { output } from "../../lib/process";
import { ETCD_MINORS, KUBERNETES_MINORS, minorOf } from "../../node/versions";
import { BUILDABLE, ensureTools, toolPaths } from "../../local";
import { Rendered, renderedControlPlane, renderedEtcd } from "../unit/rendered";

/**
 * Compares the flags in the rendered units with the `--help` of the real programs, for the newest release of each supported
 * minor.
 */

const { mirror, arch } = toolPaths();
const newest = (versions: string[], minor: string) => versions.filter((v) => minorOf(v) === minor).at(-1)!;
const etcd = ETCD_MINORS.map((minor) => newest(BUILDABLE.etcd, minor));
const kubernetes = KUBERNETES_MINORS.map((minor) => newest(BUILDABLE.kubernetes, minor));

let scratch: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hardway-flags-"));
  const names = [...etcd.map((v) => `etcd@${v}`), ...kubernetes.map((v) => `kubernetes@${v}`)];
  await ensureTools({ names, log: (line) => process.stderr.write(`${line}\n`) });
}, 1_800_000);
afterAll(() => rmSync(scratch, { recursive: true }));

/** The flags in a unit's command line, in order. */
function flagsOf({ step }: Rendered, unit: string): string[] {
  const text = step.files.find(({ path }) => path.endsWith(`/${unit}.service`))!.content;
  const [command] = /^ExecStart=(?:.*\\\n)*.*/m.exec(text)!;
  return [...command.matchAll(/ --([a-z0-9-]+)=/g)].map(([, flag]) => flag!);
}

async function expectKnown(program: string, flags: string[]): Promise<void> {
  expect(flags.length).toBeGreaterThan(5);
  const help = await output(program, ["--help"]);
  const known = new Set([...help.matchAll(/--([a-z0-9-]+)/g)].map(([, flag]) => flag));
  expect(known.size).toBeGreaterThan(flags.length);
  expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
  // An entry of the help is a line that begins with a flag, and the lines after it until the next one.
  const entries = help.split(/\n(?=\s*(?:-\w, )?--[a-z])/).filter((entry) => entry.includes("(DEPRECATED"));
  const deprecated = flags.filter((flag) => entries.some((entry) => entry.trimStart().startsWith(`--${flag} `)));
  expect(deprecated).toEqual([]);
}

describe.each(kubernetes)("Kubernetes %s", (version) => {
  test.each(["kube-apiserver", "kube-controller-manager", "kube-scheduler"])(
    "%s knows all its flags, and none is deprecated",
    async (name) => {
      const program = join(mirror, `kubernetes/v${version}/bin/linux/${arch}/${name}`);
      expect(await output(program, ["--version"])).toBe(`Kubernetes v${version}\n`);
      await expectKnown(program, flagsOf(renderedControlPlane(version), name));
    },
  );
});

test.each(etcd)("etcd %s knows all its flags, and none is deprecated", async (version) => {
  const archive = `etcd-v${version}-linux-${arch}`;
  await output("tar", ["-xzf", join(mirror, `etcd/v${version}/${archive}.tar.gz`), "-C", scratch]);
  const program = join(scratch, archive, "etcd");
  expect(await output(program, ["--version"])).toMatch(`etcd Version: ${version}\n`);
  await expectKnown(program, flagsOf(renderedEtcd(version), "etcd"));
});
