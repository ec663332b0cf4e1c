/**
 * The real fabric: machines, networks, firewall and load balancer on this host. Needs root and the machine image
 * (`npx tsx local/cloud/image/cli.ts ensure`). No local cloud may run.
 */

import { fabricContract } from "../contracts/fabric";
import { balancing } from "./fabric/balancing";
import { Cloud } from "./fabric/cloud";
import { containers } from "./fabric/containers";
import { firewall } from "./fabric/firewall";
import { guest } from "./fabric/guest";
import { RealHost, refuseIfInUse } from "./fabric/host";
import { lifecycle } from "./fabric/lifecycle";
import { outside } from "./fabric/outside";
import { routes } from "./fabric/routes";
import { fabricNamespaces, processesOf, traces } from "./fabric/traces";

jest.setTimeout(120_000);

describe("the fabric's contract, with real machines", () => {
  const host = new RealHost();
  beforeAll(() => host.start());
  afterAll(() => host.stop());

  // Jest runs hooks that end a block in the order in which they were written: the suite's own must come before host.stop.
  describe("with its suite's hooks", () => fabricContract(host));
});

describe("the fabric", () => {
  const cloud = new Cloud();
  let before: Awaited<ReturnType<typeof traces>>;

  beforeAll(async () => {
    refuseIfInUse();
    before = await traces();
    await cloud.start();
  });
  afterAll(() => cloud.stop());

  describe("a machine", () => guest(cloud));
  describe("containers in a machine", () => containers(cloud));
  describe("the firewall", () => firewall(cloud));
  describe("the way outside", () => outside(cloud));
  describe("static routes", () => routes(cloud));
  describe("the load balancer", () => balancing(cloud));
  describe("a machine's life", () => lifecycle(cloud));

  it("leaves nothing on the host", async () => {
    const left = fabricNamespaces();
    expect(left.size).toBeGreaterThan(0);
    expect(processesOf(left, [cloud.stateDir])).not.toEqual([]);
    await cloud.stop();
    expect(await traces()).toEqual(before);
    expect(processesOf(left, [cloud.stateDir])).toEqual([]);
    await cloud.stop();
    expect(await traces()).toEqual(before);
  });
});
