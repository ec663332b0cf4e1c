import { directories, units, users, backupUnits } from "../../node/layout";
import { KUBERNETES_MINORS, ETCD_MINORS } from "../../node/versions";
import { onAll } from "../../verify/check";
import { renderedControlPlane, renderedEtcd } from "../unit/rendered";
import { make, made, useContext } from "./support";

/** The files of the steps that only one user may read. */
const secretFiles = [
  ...renderedEtcd(`${ETCD_MINORS[0]}.0`).secrets,
  ...renderedControlPlane(`${KUBERNETES_MINORS[0]}.0`).secrets,
].filter(({ path }) => !path.endsWith(".crt"));

const context = useContext();
const everywhere = async (command: string) => (await onAll(context(), command)).map(({ stdout }) => stdout);

test("only one known user can read each private key and each other secret file", async () => {
  const owners: string[] = Object.values(users);
  const find = `sudo find ${directories.etcdPki} ${directories.kubernetes} -type f ! -name '*.crt' ! -name '*.pub' -printf '%p %m %u\\n'`;
  for (const listing of await everywhere(find)) {
    const files = listing.trim().split("\n");
    expect(files.length).toBeGreaterThanOrEqual(secretFiles.length);
    for (const file of files) {
      const [path, mode, owner] = file.split(" ") as [string, string, string];
      expect({ path, mode }).toEqual({ path, mode: "400" });
      expect([...owners, "root"]).toContain(owner);
    }
  }
});

test("no step leaves a half-written file", async () => {
  for (const listing of await everywhere(
    "sudo find /etc /var/lib/kubernetes /opt/hardway /usr/local/bin -name '*.hardway-new'",
  ))
    expect(listing).toBe("");
});

test("the kernel forwards packets", async () => {
  for (const value of await everywhere("cat /proc/sys/net/ipv4/ip_forward")) expect(value.trim()).toBe("1");
});

test("each unit runs as its own user", async () => {
  const names = [...Object.values(units), backupUnits.now];
  for (const listing of await everywhere(`systemctl show --property=User --value ${names.join(" ")}`)) {
    expect(listing.split("\n").filter(Boolean)).toEqual(Object.values(users));
  }
});

test("make ssh runs a command on the machine in MACHINE or NODE, and lists the machines when there is no such machine", async () => {
  for (const variable of ["MACHINE", "NODE"]) {
    const printed = await made("ssh", { [variable]: "controller-1", CMD: "hostname" });
    expect(printed.trim()).toBe(context().outputs.controllers[1]!.instance);
  }
  const { code, stderr } = await make("ssh", { MACHINE: "controller-9" });
  expect(code).not.toBe(0);
  expect(stderr).toContain("controller-0, controller-1, controller-2");
});
