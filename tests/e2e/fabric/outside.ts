/** External addresses, and what a machine can reach beyond its network. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";

import { API_ADDRESS, API_PORT, HOST_ADDRESS, MIRROR_ADDRESS } from "../../../local/cloud/addresses";
import { alpha, ask, askFrom, beta, Cloud, gamma, MACHINES, rule, state } from "./cloud";
import { exec } from "./harness";

export function outside(cloud: Cloud): void {
  beforeAll(() => cloud.worker.converge(state([rule("web", ["8080"])])));

  it("has its external address outside its network, and its internal address inside", async () => {
    expect(await askFrom(cloud, 1, `http://${MIRROR_ADDRESS}`)).toBe(`mirror ${alpha.externalIp}`);
    expect(await ask(`http://${alpha.externalIp}:8080`)).toBe(`node-1 ${HOST_ADDRESS} ${alpha.internalIp}`);
    expect(await askFrom(cloud, 2, `http://${alpha.externalIp}:8080`)).toBe(
      `node-1 ${beta.externalIp} ${alpha.internalIp}`,
    );
    expect(await askFrom(cloud, 3, `http://${alpha.externalIp}:8080`)).toBe(
      `node-1 ${gamma.externalIp} ${alpha.internalIp}`,
    );
  });

  it("reaches nothing outside without an external address, and is refused at once", async () => {
    const without = { ...alpha, externalIp: undefined };
    await cloud.worker.converge(state([rule("web", ["8080"])], [], [without, beta, gamma]));
    expect(await askFrom(cloud, 1, `http://${MIRROR_ADDRESS}`)).toBe("refused");
    expect(await ask(`http://${alpha.externalIp}:8080`)).not.toMatch(/node/);
    expect(await askFrom(cloud, 2, `http://${alpha.internalIp}:8080`)).toMatch(/^node-1 /);
    await cloud.worker.converge(state([rule("web", ["8080"])]));
    expect(await askFrom(cloud, 1, `http://${MIRROR_ADDRESS}`)).toBe(`mirror ${alpha.externalIp}`);
  });

  it("cannot reach the host, the API or other networks", async () => {
    const server = createServer((_request, response) => response.end("the host"));
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    expect(await ask(`http://${HOST_ADDRESS}:${port}`)).toBe("the host");
    const own = Object.values(networkInterfaces())
      .flat()
      .flatMap((address) => (address?.family === "IPv4" && !address.internal ? [address.address] : []));
    expect(own).toContain(HOST_ADDRESS);
    for (const { id } of MACHINES) {
      for (const address of own) expect(await askFrom(cloud, id, `http://${address}:${port}`)).toBe("refused");
      expect(await askFrom(cloud, id, `http://${API_ADDRESS}:${API_PORT}`)).toBe("refused");
      expect(await askFrom(cloud, id, "http://1.1.1.1")).toBe("refused");
    }
    expect(await ask(`http://${API_ADDRESS}:${API_PORT}`)).toMatch(/^api 203\.0\.113\.1$/);
    const worker = await cloud.worker.probe(API_ADDRESS, `http://${HOST_ADDRESS}:${port}`);
    expect(worker).toBe("no answer");
    await new Promise((resolve) => server.close(resolve));
  });

  it("lets only the host's root use the API, and all users reach the machines", async () => {
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const api = `http://${API_ADDRESS}:${API_PORT}`;
    expect(await ask(api)).toMatch(/^api /);
    expect(await ask(api, nobody)).toBe("refused");
    expect(await ask(`http://${alpha.externalIp}:8080`, nobody)).toMatch(/^node-1 /);
  });

  it("can send only from its own address, unless it may forward", async () => {
    const spoof = async () => {
      const receive = `timeout 3 perl -MSocket -e 'socket(S,PF_INET,SOCK_DGRAM,0);bind(S,sockaddr_in(9999,INADDR_ANY));open(F,">/run/ready");close F;recv(S,$m,99,0);print $m'`;
      await cloud.inside(2, "rm -f /run/ready");
      const received = cloud.inside(2, receive);
      await cloud.inside(2, "until [ -f /run/ready ]; do sleep 0.02; done");
      const send = `ip address replace 10.200.0.1/32 dev lo; exec 3>/dev/udp/${beta.internalIp}/9999; ip route replace ${beta.internalIp} via 10.240.0.1 dev eth0 src 10.200.0.1; echo spoofed > /dev/udp/${beta.internalIp}/9999; ip route del ${beta.internalIp} via 10.240.0.1; ip address del 10.200.0.1/32 dev lo`;
      await exec(["nsenter", "--net=/run/netns/hw-vm-1", "bash", "-c", send]);
      return (await received).output;
    };
    const udp = rule("udp", [], { protocols: [{ protocol: "udp", ports: ["9999"] }] });
    await cloud.worker.converge(state([udp]));
    expect(await spoof()).toBe("");
    await cloud.worker.converge(state([udp], [], [{ ...alpha, canIpForward: true }, beta, gamma]));
    expect(await spoof()).toBe("spoofed");
  });
}
