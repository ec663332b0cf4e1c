import { randomBytes } from "crypto";
import { readFileSync } from "fs";
import { join } from "path";
import { parse } from "yaml";
import { directories, paths, units, users } from "../../node/layout";
import { onAll } from "../../verify/check";
import { apiserver } from "./cis/apiserver";
import { files } from "./cis/files";
import { Machine } from "./cis/machine";
import { controllerManager, etcd, logging, scheduler } from "./cis/others";
import { holderOf } from "./identities/credentials";
import { checkout, until, useContext } from "./support";

/** The CIS Kubernetes Benchmark 1.11, control plane: what does not hold is explained in docs/hardening.md, and nothing else is. */
const explained = new Set(
  [
    ...readFileSync(join(checkout, "docs/hardening.md"), "utf8").matchAll(/^\| ((?:\d(?:\.\d+)+(?:, )?)+) \|/gm),
  ].flatMap((match) => match[1]!.split(", ")),
);
const controls = [...files, ...apiserver, ...controllerManager, ...scheduler, ...etcd, ...logging];

const context = useContext();
let machines: Machine[];
beforeAll(async () => {
  machines = await Promise.all(context().outputs.controllers.map((c) => Machine.look(context(), c)));
});

test.each(controls.filter(({ id }) => !explained.has(id)))("$id $what", ({ look }) => {
  for (const machine of machines) expect(look(machine)).toMatchObject({ good: true });
});

test.each(controls.filter(({ id }) => explained.has(id)))("$id does not hold, as explained: $what", ({ look }) => {
  for (const machine of machines) expect(look(machine)).toMatchObject({ good: false });
});

test("1.1.1 and 1.1.19, instead: units are root's to write, and a key is owned by the user of the program it is given to", () => {
  for (const machine of machines) {
    for (const name of Object.keys(units) as (keyof typeof units)[]) {
      const unit = machine.file(`${directories.units}/${units[name]}`);
      expect(unit.map(({ mode, owner }) => `${owner} ${mode.toString(8)}`)).toEqual(["root:root 644"]);
      const given = machine.given(name).filter((f) => (f.mode & 0o044) === 0);
      for (const { path, owner } of given)
        expect({ path, owner }).toEqual({ path, owner: `${users[name]}:${users[name]}` });
      // nginx has its key from its own configuration file.
      expect(given.length).toBeGreaterThanOrEqual(name === "healthProxy" ? 0 : 1);
    }
  }
});

test("3.1 nobody signs in with a service account's or bootstrap token; the first administrator with a certificate, as explained", async () => {
  const { users } = parse(context().outputs.kubeconfig) as { users: [{ user: object }] };
  expect(Object.keys(users[0].user)).toEqual(["client-certificate-data", "client-key-data"]);
  expect(explained).toContain("3.1.1");
  const tokens = await context().api.json<{ items: { metadata: { name: string } }[] }>(
    "/api/v1/secrets?fieldSelector=type%3Dbootstrap.kubernetes.io/token",
  );
  expect(tokens.items.map(({ metadata }) => metadata.name)).toEqual([]);
});

test("3.2.2 the audit log tells who read Secrets, also with the control plane's identity, and who entered a Pod", async () => {
  const { api } = await holderOf(context(), paths.controllerManagerKubeconfig);
  const agent = `cis-${randomBytes(8).toString("hex")}`;
  const headers = { "User-Agent": agent };
  await api.request("/api/v1/secrets?limit=1", { headers });
  await context().api.request("/api/v1/namespaces/default/pods/none/exec?command=id", { headers, method: "POST" });
  const expected = ["create pods/exec by hardway:admin", "list secrets by system:kube-controller-manager"];
  await until(`the audit log has ${expected.join(" and ")}`, 20, async () => {
    const logs = await onAll(context(), `sudo grep --no-filename ${agent} ${paths.auditLog} || true`);
    const events = logs.flatMap(({ stdout }) => stdout.split("\n").filter(Boolean).map(asEvent));
    // A request that goes on for long is told twice: begun, ended.
    return [...new Set(events)].sort().join() === expected.join();
  });
});

function asEvent(line: string): string {
  const { verb, user, objectRef } = JSON.parse(line) as {
    verb: string;
    user: { username: string };
    objectRef: { resource: string; subresource?: string };
  };
  return `${verb} ${[objectRef.resource, objectRef.subresource].filter(Boolean).join("/")} by ${user.username}`;
}
