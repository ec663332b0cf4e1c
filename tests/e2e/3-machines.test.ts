import { directories, users } from "../../node/layout";
import { onAll } from "../../verify/check";
import { make, made, useContext } from "./support";

const context = useContext();
const everywhere = async (command: string) => (await onAll(context(), command)).map(({ stdout }) => stdout);

test("each private key is readable for one user alone, and every file of the control plane has an owner", async () => {
  const owners: string[] = Object.values(users);
  const find = `sudo find ${directories.etcdPki} ${directories.kubernetes} -type f ! -name '*.crt' ! -name '*.pub' -printf '%p %m %u\\n'`;
  for (const listing of await everywhere(find)) {
    const files = listing.trim().split("\n");
    expect(files.length).toBeGreaterThanOrEqual(15);
    for (const file of files) {
      const [path, mode, owner] = file.split(" ") as [string, string, string];
      expect({ path, mode }).toEqual({ path, mode: "400" });
      expect([...owners, "root"]).toContain(owner);
    }
  }
});

test("nothing half-written is left", async () => {
  for (const listing of await everywhere(
    "sudo find /etc /var/lib/kubernetes /opt/hardway /usr/local/bin -name '*.hardway-new'",
  ))
    expect(listing).toBe("");
});

test("the kernel forwards packets", async () => {
  for (const value of await everywhere("cat /proc/sys/net/ipv4/ip_forward")) expect(value.trim()).toBe("1");
});

test("each unit runs as a user of its own", async () => {
  const units = "etcd kube-apiserver kube-controller-manager kube-scheduler nginx";
  for (const listing of await everywhere(`systemctl show --property=User --value ${units}`)) {
    expect(listing.split("\n").filter(Boolean)).toEqual(Object.values(users));
  }
});

test("make ssh runs a command on a machine, with NODE as with MACHINE, and lists the machines for an unknown one", async () => {
  for (const variable of ["MACHINE", "NODE"]) {
    const printed = await made("ssh", { [variable]: "controller-1", CMD: "hostname" });
    expect(printed.trim()).toBe(context().outputs.controllers[1]!.instance);
  }
  const { code, stderr } = await make("ssh", { MACHINE: "controller-9" });
  expect(code).not.toBe(0);
  expect(stderr).toContain("controller-0, controller-1, controller-2");
});
