import { execFileSync } from "child_process";
import { mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { parseSettings } from "../../config";
import { capture } from "../../lib/process";
import { BUILDABLE, ensureTools, toolPaths } from "../../local";
import { apiserverFlags } from "../../node/programs/apiserver";
import { controllerManagerFlags } from "../../node/programs/controllerManager";
import { Flags } from "../../node/render/unit";
import { KUBERNETES_MINORS, minorOf } from "../../node/versions";
import { extremes } from "../extremes";
import { rawSettings } from "../unit/settings";

/**
 * Holds the ends of each setting's range to the parser of the program that gets the setting as a flag. The programs check
 * their flags, then stop before they do anything: kube-apiserver for want of etcd, kube-controller-manager for want of a kubeconfig.
 */

const { mirror, arch } = toolPaths();
const versions = KUBERNETES_MINORS.map((minor) => BUILDABLE.kubernetes.filter((v) => minorOf(v) === minor).at(-1)!);
const context = { project: "hardway", stack: "test", region: "europe-west1" };

let scratch: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hardway-ranges-"));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file("key")];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", file("certificate"), "-subj", "/CN=test"], {
    stdio: "pipe",
  });
  await ensureTools({
    names: versions.map((v) => `kubernetes@${v}`),
    log: (line) => process.stderr.write(`${line}\n`),
  });
}, 1_800_000);
afterAll(() => rmSync(scratch, { recursive: true }));

const file = (name: string) => join(scratch, name);

interface Program {
  name: string;
  flags: (version: string, changes: Record<string, unknown>) => Flags;
  /** What it says when all flags are right. */
  stopsWith: () => string;
}

const programs: Program[] = [
  {
    name: "kube-apiserver",
    flags: (version, changes) => {
      const settings = parseSettings(rawSettings(changes), context);
      const address = settings.controllerAddresses[0]!;
      const flags: Flags = {
        ...apiserverFlags({ ...settings, version, address, publicIp: "34.1.2.3", etcdServer: "" }),
        "tls-cert-file": file("certificate"),
        "tls-private-key-file": file("key"),
        "service-account-key-file": file("certificate"),
        "service-account-signing-key-file": file("key"),
      };
      delete flags["etcd-servers"];
      return flags;
    },
    stopsWith: () => "--etcd-servers must be specified",
  },
  {
    name: "kube-controller-manager",
    flags: (version, changes) => {
      const settings = parseSettings(rawSettings(changes), context);
      const { name: clusterName, podCidr, serviceCidr, certificateDays: signedCertificateDays } = settings;
      return {
        ...controllerManagerFlags({ version, clusterName, podCidr, serviceCidr, signedCertificateDays }),
        kubeconfig: file("kubeconfig"),
        "tls-cert-file": file("certificate"),
        "tls-private-key-file": file("key"),
      };
    },
    stopsWith: () => `stat ${file("kubeconfig")}: no such file or directory`,
  },
];

/** Runs a program, and returns the error with which it ends. */
async function errorOf(name: string, version: string, flags: Flags): Promise<string> {
  const program = join(mirror, `kubernetes/v${version}/bin/linux/${arch}`, name);
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${String(value)}`);
  const { stderr } = await capture(program, args, { timeoutMs: 60_000 });
  const [, structured] = /"command failed" err="(.*)"$/m.exec(stderr) ?? [];
  return structured ?? /^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr;
}

describe.each(programs)("$name", ({ name, flags, stopsWith }) => {
  const values = Object.entries(extremes).flatMap(([key, { accepted, with: others }]) =>
    accepted.map((value) => ({ ...others, [key]: value })),
  );

  test.each(versions)(
    "of %s takes both ends of every setting's range",
    async (version) => {
      const usual = JSON.stringify(flags(version, {}));
      const changed = values.filter((changes) => JSON.stringify(flags(version, changes)) !== usual);
      expect(changed.length).toBeGreaterThan(5);
      const answers: [object, string][] = [];
      for (const changes of [{}, ...changed])
        answers.push([changes, await errorOf(name, version, flags(version, changes))]);
      expect(answers.filter(([, error]) => error !== stopsWith())).toEqual([]);
    },
    120_000,
  );

  test.each(versions)("of %s tells a wrong value from a right one", async (version) => {
    const wrong = { "event-ttl": "2562048h", "cluster-signing-duration": "2562048h" };
    const right = flags(version, {});
    const flag = Object.keys(wrong).find((one) => one in right) as keyof typeof wrong;
    expect(await errorOf(name, version, { ...right, [flag]: wrong[flag] })).toMatch(
      `invalid argument "2562048h" for "--${flag}" flag`,
    );
  });
});
