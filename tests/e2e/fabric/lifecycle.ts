/** Machines that stop, restart, and go on without the fabric's process; beyond what the contract's suite tests. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { killCgroup } from "../../../local/cloud/fabric/cgroups";
import { setupEdge } from "../../../local/cloud/fabric/index";
import { namespaces } from "../../../local/cloud/fabric/namespaces";
import { alpha, ask, BALANCED, balancer, beta, Cloud, MACHINES, rule, state } from "./cloud";
import { eventually, exec } from "./harness";

const boots = async (cloud: Cloud, id: number) => (await cloud.inside(id, "grep -c boot /var/boots")).output;

export function lifecycle(cloud: Cloud): void {
  const WEB = rule("web", ["8000", "8080"]);
  const running = async () => [...(await cloud.worker.running())].sort();

  it("shuts down cleanly and keeps its disk and host keys", async () => {
    await cloud.worker.converge(state([WEB]));
    await cloud.inside(1, "echo kept > /var/kept");
    const before = await boots(cloud, 1);
    const keys = await cloud.worker.guestAttributes(1);
    await cloud.worker.halt(1);
    expect(await running()).toEqual([2, 3]);
    expect(await ask(`http://${alpha.externalIp}:8080`)).toBe("silence");
    await cloud.worker.boot(alpha);
    await cloud.serving(1);
    expect((await cloud.inside(1, "cat /var/kept")).output).toBe("kept");
    expect((await cloud.inside(1, "journalctl --boot -1 --no-pager | grep -c 'Reached target.*Power'")).output).toBe(
      "1",
    );
    expect(Number(await boots(cloud, 1))).toBe(Number(before) + 1);
    expect(await cloud.worker.guestAttributes(1)).toEqual(keys);
    expect(cloud.worker.exited).toEqual([]);
  });

  it("goes on without the fabric's process, with its connections, and is found by the next one", async () => {
    await cloud.worker.converge(state([WEB], [balancer([alpha])]));
    const slow = `exec 3<>/dev/tcp/${BALANCED}/8000; echo open; read go; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -1 <&3`;
    const fifo = `${cloud.stateDir}/go`;
    await exec(["mkfifo", fifo]);
    const answer = exec(["bash", "-c", slow.replace("read go", `read go < ${fifo}`)]);
    await cloud.worker.crash();
    expect(await ask(`http://${alpha.externalIp}:8080`)).toMatch(/^node-1 /);
    await cloud.restart();
    expect(await running()).toEqual([1, 2, 3]);
    await cloud.worker.converge(state([WEB], [balancer([beta])]));
    await exec(["bash", "-c", `echo > ${fifo}`]);
    expect((await answer).output).toMatch(/node-1 /);
  });

  it("notices when a machine of an earlier process is powered off from inside", async () => {
    await cloud.ssh(beta, "sudo systemctl poweroff");
    await eventually(
      () => Promise.resolve([...cloud.worker.exited]),
      (ids) => ids.includes(2),
    );
    expect(await running()).toEqual([1, 3]);
    await cloud.worker.boot(beta);
    await cloud.serving(2);
  });

  it("still runs after it restarted itself", async () => {
    // Not with nsenter: systemd's shutdown sends SIGSTOP to all processes, and nsenter would stop with its child and never go on.
    const count = async () => Number((await cloud.ssh(beta, "grep -c boot /var/boots")).output);
    const before = await count();
    await cloud.ssh(beta, "sudo systemctl reboot");
    await eventually(count, (seen) => seen === before + 1);
    expect(await running()).toEqual([1, 2, 3]);
    expect(cloud.worker.exited).toEqual([2]);
  });

  it("can lose its power, without the other ends of its connections seeing them close", async () => {
    await cloud.worker.converge(state([WEB]));
    const idle = exec(["bash", "-c", `exec 3<>/dev/tcp/${alpha.externalIp}/8080; timeout 2 cat <&3; echo status $?`]);
    const links = ["nsenter", "--net=/run/netns/hw-net-1", "ip", "-br", "link"];
    await cloud.worker.halt(1, { force: true });
    expect((await exec(links)).output).not.toContain("hw-vm-1");
    expect((await idle).output).toBe("status 124");
  });

  it("boots with its disk after a crash of the host", async () => {
    await cloud.inside(2, "echo kept > /var/kept; sync");
    await cloud.worker.crash();
    await killCgroup();
    for (const name of namespaces()) await exec(["ip", "netns", "del", name]);
    // Files without mounted namespaces are left after a restart of a host that keeps /run.
    for (const name of ["hw-edge", "hw-net-1", "hw-vm-2"]) writeFileSync(join("/run/netns", name), "");
    await setupEdge();
    await cloud.restart();
    expect(await running()).toEqual([]);
    await cloud.worker.converge(state([WEB]));
    await Promise.all(MACHINES.map((one) => cloud.worker.boot(one)));
    await Promise.all(MACHINES.map(({ id }) => cloud.serving(id)));
    expect((await cloud.inside(2, "cat /var/kept")).output).toBe("kept");
    expect(await ask(`http://${beta.externalIp}:8080`)).toMatch(/^node-2 /);
  });

  it("gets a new link when its network's namespace was lost", async () => {
    const namespaceOf = async (name: string) => (await exec(["stat", "-c", "%i", `/run/netns/${name}`])).output;
    const before = await namespaceOf("hw-net-1");
    await exec(["ip", "netns", "del", "hw-net-1"]);
    await cloud.worker.converge(state([WEB], [balancer([beta])]));
    expect(await namespaceOf("hw-net-1")).not.toBe(before);
    expect(await ask(`http://${beta.externalIp}:8080`)).toMatch(/^node-2 /);
    expect(await ask(`http://${BALANCED}:8000`)).toMatch(/^node-2 /);
  });

  it("removes a network with everything in it", async () => {
    const { networks, machines } = state([WEB]);
    await cloud.worker.erase(3);
    await cloud.worker.converge({ networks: networks.slice(0, 1), machines: machines.slice(0, 2), loadBalancers: [] });
    const names = (await exec(["ip", "netns"])).output.split("\n").map((line) => line.split(" ")[0]);
    expect(names.filter((name) => name?.startsWith("hw-")).sort()).toEqual([
      "hw-edge",
      "hw-net-1",
      "hw-vm-1",
      "hw-vm-2",
    ]);
  });
}
