import { randomBytes } from "crypto";
import { parse } from "yaml";
import { directories, paths, units, users } from "../../node/layout";
import { onAll } from "../../verify/check";
import { apiserver } from "./cis/apiserver";
import { explainedControls } from "./cis/explained";
import { files } from "./cis/files";
import { Machine } from "./cis/machine";
import { controllerManager, etcd, logging, scheduler } from "./cis/others";
import { holderOf } from "./identities/credentials";
import { until, useContext } from "./support";

/**
 * The control plane's part of the CIS Kubernetes Benchmark 1.11. docs/hardening.md explains each recommendation that does not
 * hold, and no other.
 */
const explained = explainedControls();
const controls = [...files, ...apiserver, ...controllerManager, ...scheduler, ...etcd, ...logging];

const context = useContext();
let machines: Machine[];
beforeAll(async () => {
  machines = await Promise.all(context().outputs.controllers.map((c) => Machine.look(context(), c)));
});

test.each(controls.filter(({ id }) => !explained.has(id)))("$id holds: $what", ({ look }) => {
  for (const machine of machines) expect(look(machine)).toMatchObject({ good: true });
});

test.each(controls.filter(({ id }) => explained.has(id)))(
  "$id does not hold, as docs/hardening.md explains: $what",
  ({ look }) => {
    for (const machine of machines) expect(look(machine)).toMatchObject({ good: false });
  },
);

test("instead of 1.1.1 and 1.1.19: only root can write units, and the user of a program owns the program's keys", () => {
  for (const machine of machines) {
    for (const name of Object.keys(units) as (keyof typeof units)[]) {
      const unit = machine.file(`${directories.units}/${units[name]}`);
      expect(unit.map(({ mode, owner }) => `${owner} ${mode.toString(8)}`)).toEqual(["root:root 644"]);
      const given = machine.given(name).filter((f) => (f.mode & 0o044) === 0);
      for (const { path, owner } of given)
        expect({ path, owner }).toEqual({ path, owner: `${users[name]}:${users[name]}` });
      // nginx and the approver read the paths of their keys from a file.
      expect(given.length).toBeGreaterThanOrEqual(["healthProxy", "csrApprover"].includes(name) ? 0 : 1);
    }
  }
});

test("3.1 the administrator logs in with a certificate, as docs/hardening.md explains; there are no bootstrap tokens", async () => {
  const { users } = parse(context().outputs.kubeconfig) as { users: [{ user: object }] };
  expect(Object.keys(users[0].user)).toEqual(["client-certificate-data", "client-key-data"]);
  expect(explained).toContain("3.1.1");
  const tokens = await context().api.json<{ items: { metadata: { name: string } }[] }>(
    "/api/v1/secrets?fieldSelector=type%3Dbootstrap.kubernetes.io/token",
  );
  expect(tokens.items.map(({ metadata }) => metadata.name)).toEqual([]);
});

test("3.2.2 the audit log shows which user read Secrets, the control plane's users included, and which ran a command in a Pod", async () => {
  const { api } = await holderOf(context(), paths.controllerManagerClient);
  const agent = `cis-${randomBytes(8).toString("hex")}`;
  const headers = { "User-Agent": agent };
  await api.request("/api/v1/secrets?limit=1", { headers });
  await context().api.request("/api/v1/namespaces/default/pods/none/exec?command=id", { headers, method: "POST" });
  const expected = ["create pods/exec by hardway:admin", "list secrets by system:kube-controller-manager"];
  await until(`the audit log shows: ${expected.join(" and ")}`, 20, async () => {
    const logs = await onAll(context(), `sudo grep --no-filename ${agent} ${paths.auditLog} || true`);
    const events = logs.flatMap(({ stdout }) => stdout.split("\n").filter(Boolean).map(asEvent));
    // The log has a long request twice, when it starts and when it ends.
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
