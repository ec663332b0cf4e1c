import { spawn } from "child_process";
import { generateKeyPairSync, randomBytes } from "crypto";
import { once } from "events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "fs";
import { homedir, tmpdir } from "os";
import { join } from "path";
import { files, stateDir } from "../../local";
import { directories, paths } from "../../node/layout";
import { stateDirectory } from "../../lib/directories";
import { openStack, pulumiCapture } from "../../tasks/stack";
import { onAll } from "../../verify/check";
import { SECRET_OUTPUTS } from "../secretOutputs";
import { collect, Secret } from "./secrets/collect";
import { privateKeys } from "./secrets/needles";
import { ProcessWatch } from "./secrets/processes";
import { Search } from "./secrets/search";
import { compute, instancePath, pulumi, STACK, until, useContext } from "./support";

const scratch = mkdtempSync(join(tmpdir(), "hardway-e2e-"));
const context = useContext();
let secrets: Secret[];
const search = (more: Secret[] = []) => new Search([...secrets, ...more]);

beforeAll(async () => {
  secrets = await collect(context());
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Writes texts into files of a new directory, and returns its path, to search in. */
function keep(name: string, texts: Record<string, string>): string {
  const directory = join(scratch, name);
  mkdirSync(directory);
  for (const [file, text] of Object.entries(texts)) writeFileSync(join(directory, file), text);
  return directory;
}

test("the search finds a key in every form in which it may be left behind", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const forms = {
    pem,
    sec1: privateKey.export({ type: "sec1", format: "pem" }).toString(),
    json: JSON.stringify({ nested: JSON.stringify({ pem }) }),
    url: new URLSearchParams({ pem }).toString(),
    kubeconfig: `client-key-data: ${base64(pem)}`,
    wrapped: base64(pem).replace(/.{76}/g, "$&\n"),
    stdin: base64(`users:\n  client-key-data: ${base64(pem)}\n`),
    hexOfPem: Buffer.from(pem).toString("hex"),
    hexOfKey: privateKeys(pem)[0]!
      .toString("hex")
      .replace(/..(?!$)/g, "$&:"),
    jwk: JSON.stringify(privateKey.export({ format: "jwk" })),
  };
  const directory = keep("forms", { ...forms, public: context().outputs.caCertificate });
  const found = await new Search([["the key", privateKeys(pem)[0]!]]).files([directory]);
  expect(found).toEqual(
    Object.keys(forms)
      .map((form) => `the key: ${join(directory, form)}`)
      .sort(),
  );
});

test("the process watch sees a process's arguments and environment", async () => {
  const [argument, variable] = [randomBytes(32), randomBytes(32)];
  const watch = new ProcessWatch();
  const child = spawn("sh", ["-c", "read wait", argument.toString("hex")], {
    env: { KEY: variable.toString("base64") },
  });
  try {
    await until("the process watch sees the process", 10, () =>
      Promise.resolve(watch.text.includes(argument.toString("hex"))),
    );
  } finally {
    watch.stop();
    child.kill();
    await once(child, "close");
  }
  const found = await new Search([
    ["argument", argument],
    ["variable", variable],
  ]).files([keep("planted", { seen: watch.text })]);
  expect(found.map((line) => line.split(":")[0])).toEqual(["argument", "variable"]);
});

test("when keys are replaced, no old or new key is in printed text, or in the arguments or environment of a process", async () => {
  const replaced = ["--replace", "**::*-health-client-key", "--replace", "**::*-operator-key"];
  const plan = await pulumi("preview", "--diff", ...replaced);
  const watch = new ProcessWatch();
  const up = await pulumi("up", "--yes", "--skip-preview", "--diff", ...replaced);
  watch.stop();
  expect(up).toMatchObject({ code: 0 });
  const old = new Set(secrets.map(([name]) => name));
  const fresh = (await collect(context())).filter(([name]) => !old.has(name));
  for (const key of ["controller-0-operator-key", "controller-0-pki-health-client-key"])
    expect(fresh.map(([name]) => name).join()).toContain(key);
  secrets = [...secrets, ...fresh];
  expect(watch.text).toMatch(/bash -s -- etcd/);
  expect(watch.text).toMatch(/bash -s -- control-plane/);

  const stack = openStack(STACK);
  const printed = {
    preview: plan.stdout + plan.stderr,
    up: up.stdout + up.stderr,
    export: (await pulumiCapture(stack, "stack", "export")).stdout,
    outputs: (await pulumiCapture(stack, "stack", "output", "--json")).stdout,
    history: (await pulumiCapture(stack, "stack", "history", "--json")).stdout,
  };
  for (const text of Object.values(printed)) expect(text).not.toBe("");
  expect(await search().files([keep("printed", { ...printed, processes: watch.text })])).toEqual([]);
}, 240_000);

test("the outputs that need no secrecy are plain, so that the stacks that read them get plain values", async () => {
  const { stdout } = await pulumiCapture(openStack(STACK), "stack", "output", "--json");
  const shown = Object.entries(JSON.parse(stdout) as Record<string, unknown>);
  expect(
    shown
      .filter(([, value]) => value === "[secret]")
      .map(([name]) => name)
      .sort(),
  ).toEqual(SECRET_OUTPUTS);
  expect(shown.map(([name]) => name)).toContain("kubernetesVersion");
});

test("no secret is in the stack's state, its settings or the engine's logs", async () => {
  const { PULUMI_HOME: home = join(homedir(), ".pulumi") } = openStack(STACK).environment;
  const places = [stateDirectory("pulumi"), stateDirectory("stacks"), join(home, "logs")];
  expect(await search().files(places)).toEqual([]);
  // A state that has seen hundreds of updates has a gigabyte of history.
}, 1_200_000);

test("no secret is in what the cloud tells about its machines, or in the local cloud's files", async () => {
  const { outputs, ssh } = context();
  const known = await Promise.all(
    outputs.controllers.map(async (controller) => {
      const instance = instancePath(controller);
      const metadata = "curl -sfH Metadata-Flavor:Google http://169.254.169.254/computeMetadata/v1/?recursive=true";
      return JSON.stringify([
        (await ssh.run(controller, metadata)).stdout,
        await compute("GET", instance),
        await compute("GET", `${instance}/getGuestAttributes`),
        await compute("GET", `${instance}/serialPort`),
      ]);
    }),
  );
  for (const text of known) expect(text).toContain("hostkeys");
  const directory = keep("known", Object.fromEntries(known.map((text, i) => [`controller-${i}`, text])));
  // A machine's disk is searched from the machine.
  const places = [directory, stateDir(), files.log(stateDir())];
  expect(await search().files(places, ["upper", "work"])).toEqual([]);
});

test("no secret is on a machine outside the files made for it, and no Secret or token of the API is there in plain text", async () => {
  const [hidden, shown, planted] = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex"), randomBytes(32)];
  const metadata = { name: `secrets-${process.pid}` };
  const { outputs, ssh, api } = context();
  const everywhere = async (command: string) => (await onAll(context(), command)).map(({ stdout }) => stdout);
  const post = <T>(path: string, body: object) =>
    api.json<T>(`/api/v1/namespaces/default/${path}`, { method: "POST", body });
  try {
    await post("secrets", { metadata, stringData: { hidden } });
    await post("configmaps", { metadata, data: { shown } });
    const { status } = await post<{ status: { token: string } }>("serviceaccounts/default/token", { spec: {} });
    // Each member that answers has the object, and the audit log has the requests.
    for (const value of await everywhere(`sudo -i etcdctl get /registry/configmaps/default/${metadata.name}`))
      expect(value).toContain(shown);
    expect((await everywhere(`sudo grep -s ${metadata.name} ${paths.auditLog} || true`)).join("")).toContain(
      '"secrets"',
    );
    await everywhere(`echo ${planted.toString("base64")} | tee /tmp/hardway-planted | logger`);

    const signature = Buffer.from(status.token.split(".")[2]!, "base64url");
    const controls: Secret[] = [
      ["shown", Buffer.from(shown)],
      ["planted", planted],
    ];
    const all = search([...controls, ["hidden", Buffer.from(hidden)], ["token", signature]]);
    const found = (await Promise.all(outputs.controllers.map((c) => all.machine(ssh, c)))).flat();
    expect(found.filter((line) => !/^(shown|planted): /.test(line))).toEqual([]);
    for (const { name } of outputs.controllers) {
      expect(found).toContain(`planted: ${name} /tmp/hardway-planted`);
      expect(found).toContain(`planted: ${name} journal`);
      expect(found.join("\n")).toContain(`shown: ${name} ${directories.etcdData}/`);
    }
  } finally {
    for (const kind of ["secrets", "configmaps"])
      await api.request(`/api/v1/namespaces/default/${kind}/${metadata.name}`, { method: "DELETE" });
    await everywhere("rm -f /tmp/hardway-planted");
  }
}, 240_000);
