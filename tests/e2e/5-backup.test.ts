import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { backupUnits, directories, paths } from "../../node/layout";
import { onAll } from "../../verify/check";
import { ALL_OK, kubectl, made, make, stackOutputs, useContext } from "./support";

/** One backup, changes, and one restore. The tests run in this order. */

const context = useContext();
const directory = mkdtempSync(join(tmpdir(), "hardway-e2e-backup-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const NAMESPACE = "e2e-backup";
/** In a ConfigMap, which etcd has in plain text. */
const CANARY = `canary-${Math.random().toString(36).slice(2)}`;
let file: string;
/** Where the watch that a client opens again after the restore had stopped. */
let watched: string;

interface Objects {
  metadata: { resourceVersion: string };
  items: { metadata: { name: string }; data: Record<string, string> }[];
}
const configMaps = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const objects = () => context().api.json<Objects>(configMaps);
const create = (kind: string, name: string, data: Record<string, string>) =>
  context().api.json(`/api/v1/namespaces/${NAMESPACE}/${kind}`, { method: "POST", body: { metadata: { name }, data } });

const root = (command: string) => onAll(context(), `sudo sh -c '${command}'`);

test("make backup fetches a backup of now, of which only its owner can read the file", async () => {
  await context().api.json("/api/v1/namespaces", { method: "POST", body: { metadata: { name: NAMESPACE } } });
  await create("configmaps", "stays", { text: CANARY });
  await create("configmaps", "deleted", { text: CANARY });
  await create("secrets", "secret", { text: Buffer.from(CANARY).toString("base64") });

  const printed = await made("backup", { TO: directory });
  const [name] = readdirSync(directory);
  file = join(directory, name!);
  expect(readdirSync(directory)).toEqual([expect.stringMatching(/^hardway-[a-z]+-\d{8}T\d{6}Z\.etcd\.tar$/)]);
  expect(printed).toMatch(
    new RegExp(`^${file}: revision \\d+, \\d+ keys, of [-\\d]+ [:\\d]+ UTC, [.\\d]+ MiB, from controller-\\d, in`, "m"),
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("neither the file nor what is on the machines can be read without the stack's private key", async () => {
  expect(readFileSync(file).includes(CANARY)).toBe(false);
  const { backupKey } = await stackOutputs();
  const [, line] = backupKey.split("\n");
  const patterns = Buffer.from(`${line}\n${CANARY}\n`).toString("base64");
  for (const { stdout } of await root(
    `echo ${patterns} | base64 -d | grep -rlaFf - ${directories.etcdBackups} /etc /usr/local /root /tmp /var/tmp /run/lock; true`,
  ))
    expect(stdout).toBe("");
  for (const { stdout } of await onAll(
    context(),
    `ls ${directories.etcdBackups} 2>&1; cat ${paths.etcdBackupClient.key} 2>&1; true`,
  )) {
    // A machine that was made again may have no backup yet.
    const [listed, key] = stdout.trim().split("\n");
    expect(listed).toMatch(/Permission denied|No such file/);
    expect(key).toMatch(/Permission denied/);
  }
});

test("the unit of the backups has the exposure that docs/hardening.md gives", async () => {
  const command = `systemd-analyze security --no-pager ${backupUnits.now} | sed -n "s/.*exposure level for .*: \\([0-9.]*\\) .*/\\1/p"`;
  const page = readFileSync(join(__dirname, "../../docs/hardening.md"), "utf8");
  const [, documented] = /^\| `etcd-backup@` \| ([0-9.]+) \|/m.exec(page)!;
  for (const { stdout } of await onAll(context(), command)) expect(stdout.trim()).toBe(documented);
});

test("a truncated file and a changed file are refused, and nothing is touched", async () => {
  await create("configmaps", "younger", { text: "x" });
  await context().api.json(`${configMaps}/deleted`, { method: "DELETE" });
  watched = (await objects()).metadata.resourceVersion;

  const content = readFileSync(file);
  const changed = Buffer.from(content);
  changed.writeUInt8(changed[4000]! ^ 1, 4000);
  const cases: [string, Buffer, RegExp][] = [
    ["truncated", content.subarray(0, content.length / 2), /it ends too early/],
    ["changed", changed, /part\.0000 cannot be decrypted: it was changed/],
  ];
  const started = "systemctl show --property=ActiveEnterTimestamp etcd kube-apiserver";
  const before = await onAll(context(), started);
  for (const [name, bytes, words] of cases) {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    const { code, stderr } = await make("restore", { FROM: path, YES: "1" });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/; nothing was changed$/m);
  }
  expect(await onAll(context(), started)).toEqual(before);
  expect((await objects()).items.map(({ metadata }) => metadata.name)).toContain("younger");
});

test("without YES=1 and a terminal, make restore asks nobody and changes nothing", async () => {
  const { code, stderr } = await make("restore", { FROM: file });
  expect(code).not.toBe(0);
  expect(stderr).toContain("there is no terminal for the confirmation; set YES=1");
});

test("make restore brings back what there was, and the stack passes every check", async () => {
  const printed = await made("restore", { FROM: file, YES: "1" });
  expect(printed).toMatch(/^Stack [a-z]+: etcd is at revision \d+, \d+ keys\. All of it will be replaced/m);
  expect(printed).toMatch(ALL_OK);

  const { items } = await objects();
  const names = items.map(({ metadata }) => metadata.name).filter((name) => name !== "kube-root-ca.crt");
  expect(names).toEqual(["deleted", "stays"]);
  expect(await kubectl(`get secret secret --namespace ${NAMESPACE} -o jsonpath={.data.text}`)).toBe(
    Buffer.from(CANARY).toString("base64"),
  );
});

test("revisions continue after a restore, and a watch from before it gets an error because it is too old", async () => {
  expect(Number((await objects()).metadata.resourceVersion)).toBeGreaterThan(Number(watched) + 900_000_000);
  const { status, body } = await context().api.request(
    `${configMaps}?watch=1&timeoutSeconds=5&resourceVersion=${watched}`,
  );
  // Either as the answer's status, or as the first event.
  expect(status === 410 || /"type":"ERROR".*"code":410/.test(body)).toBe(true);
});

test("the machines keep the old data, and nothing else of the restore", async () => {
  for (const { stdout } of await root("ls -d /var/lib/etcd*; ls -A /var/lib/etcd-backup | grep -c work; true")) {
    const lines = stdout.trim().split("\n");
    expect(lines.filter((line) => line.includes("before-restore"))).toHaveLength(1);
    expect(lines).not.toContain("/var/lib/etcd-restore");
    expect(lines.at(-1)).toBe("0");
  }
  await context().api.json(`/api/v1/namespaces/${NAMESPACE}`, { method: "DELETE" });
});

test("a timer waits for the next backup on every controller", async () => {
  for (const { stdout } of await onAll(context(), `systemctl is-active ${backupUnits.timer}`))
    expect(stdout).toBe("active\n");
});
