import { Api } from "../../verify/api";
import { ALL_OK, compute, engine, kubectl, made, stackOutputs, until } from "./support";
import { DEPLOYMENT, isReady, type List, type Node, nodes, PODS, WORKERS_OK, workersOutputs } from "./workers/support";

interface Deployment {
  status: { availableReplicas?: number };
}

test("a second make workers and a preview change nothing", async () => {
  expect(await made("workers")).toMatch(/Resources:\s+\d+ unchanged\n/);
  expect(await engine("workers", "preview", "--expect-no-changes")).toMatchObject({ code: 0 });
}, 180_000);

test("a worker that was deleted comes back by make workers, and its Pods run again", async () => {
  const { nodes: before } = await workersOutputs();
  const lost = before.find(({ name }) => name === "worker-1")!;
  await compute("DELETE", `/zones/${lost.zone}/instances/${lost.instance}`);
  expect(await made("workers")).toMatch(WORKERS_OK);
  const { nodes: after } = await workersOutputs();
  const again = after.find(({ name }) => name === "worker-1")!;
  expect(again.instanceId).not.toBe(lost.instanceId);
  expect(again).toMatchObject({ internalIp: lost.internalIp, podCidr: lost.podCidr });
  await until("every Node is Ready", 60, async () => (await nodes()).every(isReady));
  await kubectl(`rollout status deployment ${DEPLOYMENT} --timeout 300s`);
}, 480_000);

test("for another machine type workers change one at a time, and a disruption budget holds all the while", async () => {
  await kubectl(`create poddisruptionbudget ${DEPLOYMENT} --selector app=${DEPLOYMENT} --max-unavailable 1`);
  const api = new Api((await stackOutputs()).kubeconfig);
  const available: number[] = [];
  const closed = new Set<string>();
  const look = async () => {
    const { status } = await api.json<Deployment>(`/apis/apps/v1/namespaces/default/deployments/${DEPLOYMENT}`);
    available.push(status.availableReplicas ?? 0);
    const all = (await api.json<List<Node>>("/api/v1/nodes")).items;
    closed.add(all.flatMap(({ metadata, spec }) => (spec.unschedulable ? [metadata.name] : [])).join(" "));
  };
  const settings = { "groups.worker.count": "2", "groups.worker.machineType": "e2-standard-4" };
  const config = Object.entries(settings).flatMap(([key, value]) => ["--config", `workers:${key}=${value}`]);
  const changed = engine("workers", "up", "--yes", "--skip-preview", "--config-path", ...config);
  let ended = false;
  void changed.finally(() => (ended = true));
  await until("the update has ended", 400, async () => {
    await look();
    return ended;
  });
  expect(await changed).toMatchObject({ code: 0 });

  expect((await workersOutputs()).nodes.map(({ hardware }) => hardware.split(",")[0])).toEqual([
    "e2-standard-4",
    "e2-standard-4",
  ]);
  // Both were closed, and never at the same time.
  expect([...closed].filter((names) => names !== "").sort()).toEqual(["worker-0", "worker-1"]);
  expect(Math.min(...available)).toBeGreaterThanOrEqual(PODS - 1);
  expect((await nodes()).filter((node) => isReady(node) && !node.spec.unschedulable)).toHaveLength(2);
}, 480_000);

test("make workers-down takes the workers away, and leaves a control plane that passes every check", async () => {
  await kubectl(`delete deployment,service,poddisruptionbudget ${DEPLOYMENT} --wait=false`);
  await made("workers-down");
  expect(await nodes()).toEqual([]);
  expect(await made("verify")).toMatch(ALL_OK);
}, 180_000);
