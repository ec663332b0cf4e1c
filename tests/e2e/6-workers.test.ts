import { mkdtempSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { output } from "../../lib/process";
import { Ssh } from "../../lib/ssh";
import { KUBELET_CSR_APPROVER_USER } from "../../node/identities";
import { ports, workerPaths, workerPorts } from "../../node/layout";
import { readWorkers } from "../../tasks/workers";
import { Api } from "../../verify/api";
import { openStack } from "../../tasks/stack";
import type { WorkersOutputs } from "../../workers/outputs";
import { ALL_OK, compute, engine, kubectl, made, STACK, stackOutputs, until } from "./support";

const IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.53";
const DEPLOYMENT = "echo";
const PODS = 6;
const PORT = 8080;

interface List<T> {
  items: T[];
}
interface Deployment {
  status: { availableReplicas?: number };
}
interface Pod {
  metadata: { name: string };
  spec: { nodeName: string };
  status: { podIP: string };
}
interface Node {
  metadata: { name: string; labels: Record<string, string> };
  spec: { podCIDR: string; unschedulable?: boolean };
  status: { nodeInfo: { kubeletVersion: string }; conditions: { type: string; status: string }[] };
}

const get = async <T>(what: string) => JSON.parse(await kubectl(`get ${what} --output json`)) as T;
const nodes = async () => (await get<List<Node>>("nodes")).items;
const isReady = ({ status }: Node) => status.conditions.some((c) => c.type === "Ready" && c.status === "True");
const outputs = async () => (await readWorkers(openStack(STACK))) as WorkersOutputs;

/** Runs a command on a worker, as a person would by `make ssh`. */
async function onWorker(name: string, command: string): Promise<string> {
  const { nodes: all, ssh: byGroup } = await outputs();
  const worker = all.find((node) => node.name === name)!;
  const ssh = new Ssh(byGroup[worker.group]!);
  const { code, stdout, stderr } = await ssh.run(worker, command).finally(() => ssh.close());
  if (code !== 0) throw new Error(`${name}: ${command}: ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

test(
  "make workers brings up two Nodes that are Ready, with the control plane's version and ranges of their own",
  async () => {
    expect(await made("workers", {}, 45 * 60_000)).toContain("2 workers are Ready");
    const found = await nodes();
    expect(found.map(({ metadata, spec }) => `${metadata.name} ${spec.podCIDR}`).sort()).toEqual([
      "worker-0 10.200.0.0/24",
      "worker-1 10.200.1.0/24",
    ]);
    const { kubernetesVersion } = await outputs();
    for (const node of found) {
      expect(isReady(node)).toBe(true);
      expect(node.status.nodeInfo.kubeletVersion).toBe(`v${kubernetesVersion}`);
      expect(node.metadata.labels["hardway/group"]).toBe("worker");
    }
  },
  46 * 60_000,
);

interface Csr {
  metadata: { name: string };
  spec: { signerName: string; username: string };
  status: { conditions?: { type: string; message: string }[]; certificate?: string };
}
const SERVING = "kubernetes.io/kubelet-serving";

test("every kubelet has a serving certificate of the cluster, which was approved without a person", async () => {
  const { nodes: machines } = await outputs();
  await until("every kubelet has a serving certificate", 90, async () => {
    const all = (await get<List<Csr>>("certificatesigningrequests")).items;
    return machines.every(({ name }) =>
      all.some(
        ({ spec, status }) =>
          spec.signerName === SERVING &&
          spec.username === `system:node:${name}` &&
          status.certificate !== undefined &&
          status.conditions?.[0]?.message ===
            `${KUBELET_CSR_APPROVER_USER}: names and address are those of machine ${name}`,
      ),
    );
  });
  for (const { name, internalIp } of machines) {
    const connect = `openssl s_client -connect ${internalIp}:${workerPorts.kubelet} -CAfile ${workerPaths.kubeletCa}`;
    const verify = `sudo ${connect} -verify_ip ${internalIp} -verify_return_error </dev/null 2>&1`;
    await until(`${name} serves with it`, 60, async () =>
      (await onWorker(name, `${verify} || true`)).includes("Verify return code: 0 (ok)"),
    );
  }
}, 240_000);

/** Asks for a serving certificate as worker-0's kubelet would, with these names, and returns the request's name. */
async function asksAsWorker0(suffix: string, sans: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "hardway-request-"));
  const at = (name: string) => join(scratch, name);
  const name = `test-${suffix}`;
  try {
    const lines = [
      "[req]",
      "prompt = no",
      "string_mask = default",
      "distinguished_name = subject",
      "[subject]",
      "O = system:nodes",
      "CN = system:node:worker-0",
      "[extensions]",
      `subjectAltName = ${sans}`,
    ];
    writeFileSync(at("cnf"), lines.join("\n"));
    await output("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", at("key")]);
    const pem = await output("openssl", [
      ...["req", "-new", "-key", at("key"), "-config", at("cnf"), "-reqexts", "extensions"],
    ]);
    const object = {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name },
      spec: {
        request: Buffer.from(pem).toString("base64"),
        signerName: SERVING,
        usages: ["digital signature", "server auth"],
      },
    };
    writeFileSync(at("object.json"), JSON.stringify(object));
    await kubectl(`create --as system:node:worker-0 --as-group system:nodes --filename ${at("object.json")}`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
  return name;
}

test("a node that asks for another one's address gets no certificate, while a right request gets one", async () => {
  const { nodes: machines } = await outputs();
  const addressOf = (name: string) => machines.find((machine) => machine.name === name)!.internalIp;
  const read = (name: string) => get<Csr>(`certificatesigningrequest ${name}`);
  const forged = await asksAsWorker0("forged", `DNS:worker-0,IP:${addressOf("worker-1")}`);
  const right = await asksAsWorker0("right", `DNS:worker-0,IP:${addressOf("worker-0")}`);
  try {
    await until(
      "the right one has a certificate",
      60,
      async () => (await read(right)).status.certificate !== undefined,
    );
    expect((await read(forged)).status).toEqual({});
  } finally {
    await kubectl(`delete certificatesigningrequests ${forged} ${right}`);
  }
}, 120_000);

test("no token is left with which another machine could join", async () => {
  const secrets = await kubectl("get secrets --namespace kube-system --output name");
  expect(secrets).not.toContain("bootstrap-token");
  for (const worker of ["worker-0", "worker-1"])
    expect(await onWorker(worker, "sudo ls /var/lib/kubelet")).not.toContain("bootstrap");
});

test("Pods of a Deployment run on both workers and answer on their addresses, through their Service, and on NodePorts", async () => {
  await kubectl(
    `create deployment ${DEPLOYMENT} --image ${IMAGE} --replicas ${PODS} --port ${PORT} -- /agnhost netexec --http-port=${PORT}`,
  );
  await kubectl(`rollout status deployment ${DEPLOYMENT} --timeout 120s`);
  await kubectl(`expose deployment ${DEPLOYMENT} --type NodePort --port 80 --target-port ${PORT}`);
  const pods = (await get<List<Pod>>(`pods --selector app=${DEPLOYMENT}`)).items;
  expect(pods).toHaveLength(PODS);
  expect(new Set(pods.map(({ spec }) => spec.nodeName))).toEqual(new Set(["worker-0", "worker-1"]));

  const curl = (address: string) => `curl --silent --show-error --max-time 5 http://${address}/hostname`;
  const service = await get<{ spec: { clusterIP: string; ports: [{ nodePort: number }] } }>(`service ${DEPLOYMENT}`);
  const names = pods.map(({ metadata }) => metadata.name);
  const { nodes: machines } = await outputs();
  for (const worker of ["worker-0", "worker-1"]) {
    for (const { metadata, status } of pods)
      expect(await onWorker(worker, curl(`${status.podIP}:${PORT}`))).toBe(metadata.name);
    expect(names).toContain(await onWorker(worker, curl(service.spec.clusterIP)));
    for (const { internalIp } of machines)
      expect(names).toContain(await onWorker(worker, curl(`${internalIp}:${service.spec.ports[0].nodePort}`)));
  }
}, 180_000);

test("logs and exec work for a Pod on each worker", async () => {
  const pods = (await get<List<Pod>>(`pods --selector app=${DEPLOYMENT}`)).items;
  for (const worker of ["worker-0", "worker-1"]) {
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
  const pods = (await get<List<Pod>>(`pods --selector app=${DEPLOYMENT}`)).items;
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
  await inPod("nc -w 5 -e /bin/true kubernetes.default 443");
}, 120_000);

test("a worker listens only on the ports that the firewall and its programs need", async () => {
  const expected = {
    open: [22, workerPorts.kubelet],
    loopback: [workerPorts.kubeletHealth, workerPorts.kubeProxyHealth, workerPorts.kubeProxyMetrics],
  };
  for (const worker of ["worker-0", "worker-1"]) {
    const lines = (await onWorker(worker, "sudo ss --no-header --listening --numeric --tcp")).trim().split("\n");
    const found = lines
      .map((line) => /(\S+):(\d+)\s/.exec(line)!)
      .map(([, address, port]) => ({ address: address!, port: Number(port) }));
    const isLoopback = (address: string) => address.startsWith("127.") || address === "[::1]";
    const open = found.filter(({ address }) => !isLoopback(address)).map(({ port }) => port);
    expect([...new Set(open)].sort((a, b) => a - b)).toEqual(expected.open);
    const local = found.filter(({ address }) => isLoopback(address)).map(({ port }) => port);
    expect(local).toEqual(expect.arrayContaining(expected.loopback));
    expect(local).not.toContain(ports.api);
  }
});

test("a second make workers and a preview change nothing", async () => {
  expect(await made("workers")).toMatch(/Resources:\s+\d+ unchanged\n/);
  expect(await engine("workers", "preview", "--expect-no-changes")).toMatchObject({ code: 0 });
}, 180_000);

test("a worker that was deleted comes back by make workers, and its Pods run again", async () => {
  const { nodes: before } = await outputs();
  const lost = before.find(({ name }) => name === "worker-1")!;
  await compute("DELETE", `/zones/${lost.zone}/instances/${lost.instance}`);
  expect(await made("workers")).toContain("2 workers are Ready");
  const { nodes: after } = await outputs();
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

  expect((await outputs()).nodes.map(({ hardware }) => hardware.split(",")[0])).toEqual([
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
