import { nspawnArguments } from "../../../../local/cloud/fabric/container";
import { machine } from "./fixture";
import { idIn, machineMark, machineName, networkName } from "../../../../local/cloud/fabric/names";
import { macAddress } from "../../../../local/cloud/addresses";
import { balancedChanges } from "../../../../local/cloud/fabric/wire";

it("finds the id in a name that it made", () => {
  expect(idIn(machineName(12), "vm")).toBe(12);
  expect(idIn(networkName(3), "net")).toBe(3);
  expect(idIn("hw-edge", "net")).toBeUndefined();
  expect(idIn("hw-vm-1x", "vm")).toBeUndefined();
  expect(machineName(65535).length).toBeLessThanOrEqual(15);
  expect(machineMark(0)).not.toBe(0);
  expect(macAddress("10.240.0.12")).toBe("42:01:0a:f0:00:0c");
});

it("starts a machine with its name, in its namespace, and able to run containers", () => {
  const args = nspawnArguments(machine(5), "/state:1/machines/5");
  expect(args).toEqual(
    expect.arrayContaining([
      "--directory=/state:1/machines/5/root",
      "--machine=hw-vm-5",
      "--hostname=node-5",
      "--network-namespace-path=/run/netns/hw-vm-5",
      "--capability=CAP_NET_ADMIN",
      "--system-call-filter=@keyring bpf @mount",
      "--register=no",
    ]),
  );
  expect(args.filter((arg) => arg.startsWith("--bind"))).toEqual([
    "--bind=/state\\:1/machines/5/volumes/containerd:/var/lib/containerd",
    "--bind=/state\\:1/machines/5/volumes/kubelet:/var/lib/kubelet",
  ]);
});

it("adds and removes load balancer addresses as local routes", () => {
  expect(balancedChanges(["203.0.113.1", "203.0.113.2"], ["203.0.113.2", "203.0.113.3"])).toEqual([
    "route del local 203.0.113.1 dev eth0 table local proto 66",
    "route replace local 203.0.113.3 dev eth0 scope host table local proto 66",
  ]);
  expect(balancedChanges(["203.0.113.2"], ["203.0.113.2"])).toEqual([]);
});
