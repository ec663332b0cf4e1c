import { kubectl, until } from "./support";
import { DEPLOYMENT, get, IMAGE, onWorker, PODS, podsOfDeployment, WORKERS, workersOutputs } from "./workers/support";

const PORT = 8080;

test("Pods of a Deployment run on both workers and answer on their addresses, through their Service, and on NodePorts", async () => {
  await kubectl(
    `create deployment ${DEPLOYMENT} --image ${IMAGE} --replicas ${PODS} --port ${PORT} -- /agnhost netexec --http-port=${PORT}`,
  );
  await kubectl(`rollout status deployment ${DEPLOYMENT} --timeout 120s`);
  await kubectl(`expose deployment ${DEPLOYMENT} --type NodePort --port 80 --target-port ${PORT}`);
  const pods = await podsOfDeployment();
  expect(pods).toHaveLength(PODS);
  expect(new Set(pods.map(({ spec }) => spec.nodeName))).toEqual(new Set(["worker-0", "worker-1"]));

  const curl = (address: string) => `curl --silent --show-error --max-time 5 http://${address}/hostname`;
  const service = await get<{ spec: { clusterIP: string; ports: [{ nodePort: number }] } }>(`service ${DEPLOYMENT}`);
  const names = pods.map(({ metadata }) => metadata.name);
  const { nodes: machines } = await workersOutputs();
  for (const worker of WORKERS) {
    for (const { metadata, status } of pods)
      expect(await onWorker(worker, curl(`${status.podIP}:${PORT}`))).toBe(metadata.name);
    expect(names).toContain(await onWorker(worker, curl(service.spec.clusterIP)));
    for (const { internalIp } of machines)
      expect(names).toContain(await onWorker(worker, curl(`${internalIp}:${service.spec.ports[0].nodePort}`)));
  }
}, 180_000);

test("logs and exec work for a Pod on each worker", async () => {
  const pods = await podsOfDeployment();
  for (const worker of WORKERS) {
    const { name } = pods.find(({ spec }) => spec.nodeName === worker)!.metadata;
    await kubectl(`logs ${name}`);
    expect((await kubectl(`exec ${name} -- hostname`)).trim()).toBe(name);
  }
});

test("kubectl top shows both workers and the Pods on them", async () => {
  await until("there are metrics of every worker and Pod", 90, async () => {
    const [ofNodes, ofPods] = await Promise.all([kubectl("top nodes"), kubectl("top pods")]);
    const found = [...ofNodes.matchAll(/^worker-\d +\d+m +\d+% +\d+Mi /gm)].length;
    return found === 2 && [...ofPods.matchAll(new RegExp(`^${DEPLOYMENT}-\\S+ +\\d+m +\\d+Mi`, "gm"))].length === PODS;
  });
}, 100_000);

test("a worker may read a Secret that a Pod on it uses, and not one that a Pod on the other worker uses", async () => {
  const secret = "of-worker-1";
  await kubectl(`create secret generic ${secret} --from-literal a=b`);
  const spec = {
    nodeName: "worker-1",
    containers: [
      { name: "c", image: IMAGE, env: [{ name: "A", valueFrom: { secretKeyRef: { name: secret, key: "a" } } }] },
    ],
  };
  await kubectl(`run ${secret} --image ${IMAGE} --overrides '${JSON.stringify({ spec })}'`);
  const reads = (worker: string) =>
    kubectl(`get secret ${secret} --as system:node:${worker} --as-group system:nodes --output name`);
  try {
    await until("worker-1 may read it", 30, async () =>
      reads("worker-1").then(
        () => true,
        () => false,
      ),
    );
    await expect(reads("worker-0")).rejects.toThrow(/forbidden/);
  } finally {
    await kubectl(`delete pod,secret ${secret} --wait=false`);
  }
}, 120_000);

test("a Pod reaches a Pod on the other worker by its address, and Services by their names, the API too", async () => {
  const pods = await podsOfDeployment();
  const from = pods[0]!;
  const to = pods.find(({ spec }) => spec.nodeName !== from.spec.nodeName)!;
  const inPod = async (command: string) => {
    const find = `sudo crictl ps --quiet --label io.kubernetes.pod.name=${from.metadata.name}`;
    return onWorker(from.spec.nodeName, `sudo crictl exec $(${find}) ${command}`);
  };
  const ask = (address: string) => inPod(`wget -q -O - http://${address}/hostname`);
  expect(await ask(`${to.status.podIP}:${PORT}`)).toBe(to.metadata.name);
  const names = pods.map(({ metadata }) => metadata.name);
  expect(names).toContain(await ask(`${DEPLOYMENT}.default.svc.cluster.local`));
  expect(names).toContain(await ask(DEPLOYMENT));
  // The Service of the API: a connection is enough, because anonymous requests are refused.
  await inPod("nc -w 5 kubernetes.default 443 -e /bin/true");
}, 120_000);
