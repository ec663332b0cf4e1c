import { mkdtempSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { output } from "../../lib/process";
import { KUBELET_CSR_APPROVER_USER } from "../../node/identities";
import { workerPaths, workerPorts } from "../../node/layout";
import { kubectl, made, until } from "./support";
import { get, isReady, type List, nodes, onWorker, WORKERS, WORKERS_OK, workersOutputs } from "./workers/support";

test(
  "make workers brings up two Nodes that are Ready, with the control plane's version and ranges of their own",
  async () => {
    expect(await made("workers", {}, 45 * 60_000)).toMatch(WORKERS_OK);
    const found = await nodes();
    expect(found.map(({ metadata, spec }) => `${metadata.name} ${spec.podCIDR}`).sort()).toEqual([
      "worker-0 10.200.0.0/24",
      "worker-1 10.200.1.0/24",
    ]);
    const { kubernetesVersion } = await workersOutputs();
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
  const { nodes: machines } = await workersOutputs();
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
  const { nodes: machines } = await workersOutputs();
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
  for (const worker of WORKERS) expect(await onWorker(worker, "sudo ls /var/lib/kubelet")).not.toContain("bootstrap");
});
