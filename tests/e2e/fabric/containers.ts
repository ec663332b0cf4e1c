/** What container runtimes, kubelet and kube-proxy need of a machine. The tests do by hand what these do. */

import { readFileSync } from "node:fs";

import { alpha, beta, Cloud } from "./cloud";
import { eventually } from "./harness";

/** Runs a script with a container in it. As a unit, because a process that enters from the host stays in the host's groups. */
const unit = (script: string) => `systemd-run --wait --pipe --quiet --property=Delegate=yes bash -ec '${script}'`;

/** Makes the group `trial` with a limit of 64 MiB, in v1 or v2, and moves the script into it. */
const LIMITED = `
if [ -d /sys/fs/cgroup/memory ]; then
  group=/sys/fs/cgroup/memory/trial file=memory.limit_in_bytes
else
  group=/sys/fs/cgroup/trial file=memory.max
fi
mkdir -p $group
echo 67108864 >$group/$file
echo 0 >$group/cgroup.procs`;

const take = (mebibytes: number) => `perl /run/take.pl ${mebibytes}`;

export function containers(cloud: Cloud): void {
  it("limits the memory of a group in the machine", async () => {
    await cloud.inside(1, `echo '$x = "a" x ($ARGV[0] << 20); print length($x) >> 20' > /run/take.pl`);
    expect(await cloud.inside(1, unit(`${LIMITED}\n${take(20)}`))).toEqual({ status: 0, output: "20" });
    expect((await cloud.inside(1, unit(`${LIMITED}\n${take(100)}`))).status).not.toBe(0);
    expect(await cloud.inside(1, unit(take(100)))).toEqual({ status: 0, output: "100" });
  });

  it.each(["/var/lib/containerd", "/var/lib/kubelet"])("mounts an overlay with its layers in %s", async (directory) => {
    const script = `cd ${directory}
mkdir -p trial/lower trial/upper trial/work trial/root
echo image >trial/lower/file
mount -t overlay -o lowerdir=trial/lower,upperdir=trial/upper,workdir=trial/work overlay trial/root
echo container >trial/root/file
rm trial/root/file
echo again >trial/root/file
cat trial/lower/file trial/upper/file`;
    const own = `unshare --mount --pid --fork --mount-proc --ipc --uts --cgroup bash -ec "${script}"`;
    expect(await cloud.inside(1, unit(own))).toEqual({ status: 0, output: "image\nagain" });
  });

  it("opens the devices of a container, and none of the host's", async () => {
    const disk = readFileSync("/proc/partitions", "utf8").trim().split("\n").at(-1)!.trim().split(/\s+/);
    const open = (type: string) =>
      cloud.inside(1, unit(`mknod /dev/trial-node ${type}; trap "rm /dev/trial-node" EXIT; head -c 0 /dev/trial-node`));
    expect(await open("c 1 3")).toEqual({ status: 0, output: "" });
    for (const type of [`b ${disk[0]} ${disk[1]}`, "c 1 1", "c 1 11", "c 5 1"])
      expect((await open(type)).output).toMatch(/Operation not permitted/);
  });

  it("gives kubelet settings that it can write, which are not the host's, and an empty kernel log", async () => {
    const settings = ["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops"];
    const keys = ["kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"];
    const host = () => [...settings, ...keys].map((path) => readFileSync(`/proc/sys/${path}`, "utf8"));
    const before = host();
    const write = [...settings, ...keys].map((path) => `echo 7 > /proc/sys/${path}; cat /proc/sys/${path}`).join("; ");
    expect((await cloud.inside(1, unit(write))).output).toBe(before.map(() => "7").join("\n"));
    expect(host()).toEqual(before);
    expect(await cloud.inside(1, unit("cat /dev/kmsg; echo lost >/dev/kmsg"))).toEqual({ status: 0, output: "" });
  });

  it("has links and tables of its own, until it restarts", async () => {
    const make = `
ip link add trial type bridge
ip address add 10.200.0.1/24 dev trial
ip link set trial up
ip netns add pod
ip link add trial-pod type veth peer name eth0 netns pod
ip link set trial-pod master trial up
ip -netns pod address add 10.200.0.2/24 dev eth0
ip -netns pod link set eth0 up
nft add table ip trial
nft add map ip trial services "{ type ipv4_addr . inet_proto . inet_service : verdict; }"
nft add chain ip trial out "{ type nat hook postrouting priority srcnat; }"
nft add rule ip trial out ip saddr 10.200.0.0/24 masquerade
echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
exec 3< <(ip netns exec pod bash -c "exec 4<>/dev/tcp/10.200.0.1/22; head -1 <&4")
head -1 <&3`;
    expect((await cloud.inside(2, unit(make))).output).toMatch(/^SSH-2.0-/);
    const sleeper = `systemd-run --quiet --property=Delegate=yes --property=KillMode=process bash -c '${LIMITED}
sleep infinity & sleep infinity'`;
    expect(await cloud.inside(2, `${sleeper}; touch /var/lib/containerd/kept`)).toEqual({ status: 0, output: "" });
    await eventually(
      () => cloud.inside(2, "cat $(find /sys/fs/cgroup -path '*/trial/cgroup.procs') | wc -l"),
      ({ output }) => output === "3",
    );
    const look = "ip -brief link | sort | cut -d @ -f 1 | cut -d ' ' -f 1; nft list tables; ls /var/lib/containerd";
    expect((await cloud.inside(2, look)).output).toMatch(/trial/);
    const boot = "cat /proc/sys/kernel/random/boot_id; cat /proc/1/stat | cut -d ' ' -f 22";
    const before = (await cloud.ssh(beta, boot)).output;
    await cloud.ssh(beta, "sudo systemctl reboot");
    await eventually(
      () => cloud.ssh(beta, boot),
      ({ status, output }) => status === 0 && output !== before,
    );
    expect((await cloud.inside(2, `${look}; find /sys/fs/cgroup -name trial`)).output).toBe("eth0\nlo\nkept");
    await cloud.serving(2);
  });

  it("keeps its addresses, because nothing in the machine manages them", async () => {
    const { output } = await cloud.inside(1, "systemctl is-enabled systemd-networkd; ip -brief -4 address show eth0");
    expect(output).toMatch(new RegExp(`^masked\\neth0@\\S+ +UP +${alpha.internalIp}/32$`));
  });
}
