import { spawn } from "child_process";
import { mkdtempSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { openStack } from "../../tasks/stack";
import { Api } from "../../verify/api";
import { STACK, kubectl, stackOutputs, until } from "./support";

const name = `e2e-${process.pid}`;

test("kubectl's server is the front door", async () => {
  const { endpoint } = await stackOutputs();
  expect(await kubectl("cluster-info")).toContain(`is running at`);
  expect(await kubectl("config view --minify -o jsonpath={.clusters[0].cluster.server}")).toBe(endpoint);
});

test("an object can be written, read, watched and deleted through the front door", async () => {
  const { kubeconfig } = await stackOutputs();
  const directory = mkdtempSync(join(tmpdir(), "hardway-e2e-"));
  const path = join(directory, "kubeconfig");
  writeFileSync(path, kubeconfig, { mode: 0o600 });
  const watch = spawn(
    "kubectl",
    ["get", "configmaps", "--watch", "--output-watch-events", "--field-selector", `metadata.name=${name}`],
    {
      env: { ...openStack(STACK).environment, KUBECONFIG: path },
    },
  );
  let seen = "";
  watch.stdout.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  try {
    await kubectl(`create configmap ${name} --from-literal=colour=blue`);
    expect(await kubectl(`get configmap ${name} -o jsonpath={.data.colour}`)).toBe("blue");
    await until("the watch reports the new object", 20, () => Promise.resolve(seen.includes("ADDED")));
    await kubectl(`patch configmap ${name} --patch '{"data":{"colour":"red"}}'`);
    await until("the watch reports the change", 20, () => Promise.resolve(seen.includes("MODIFIED")));
    await kubectl(`delete configmap ${name}`);
    await until("the watch reports the deletion", 20, () => Promise.resolve(seen.includes("DELETED")));
  } finally {
    watch.kill();
    rmSync(directory, { recursive: true, force: true });
  }
});

test("kube-controller-manager and kube-scheduler work: a Deployment gets Pods, a namespace its service account and CA", async () => {
  await kubectl(`create namespace ${name}`);
  try {
    await kubectl(`create deployment web --image=example.invalid/web --replicas=2 --namespace ${name}`);
    await until("there are two Pods", 30, async () => {
      const pods = await kubectl(`get pods --namespace ${name} -o name`);
      return pods.trim().split("\n").length === 2;
    });
    await until("kube-scheduler has found no node for them", 30, async () => {
      const reasons = await kubectl(`get pods --namespace ${name} -o jsonpath={.items[*].status.conditions[*].reason}`);
      return reasons === "Unschedulable Unschedulable";
    });
    await until("the root CA is published", 30, async () =>
      (await kubectl(`get configmaps --namespace ${name} -o name`)).includes("kube-root-ca.crt"),
    );
    const token = (await kubectl(`create token default --namespace ${name}`)).trim();
    const payload = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as { iss: string };
    expect(payload.iss).toBe((await stackOutputs()).endpoint);
  } finally {
    await kubectl(`delete namespace ${name}`);
  }
});

test("the aggregation layer and bootstrap tokens are enabled", async () => {
  const { kubeconfig } = await stackOutputs();
  const api = new Api(kubeconfig);
  const config = await api.json<{ data: Record<string, string> }>(
    "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication",
  );
  expect(config.data["requestheader-client-ca-file"]).toContain("BEGIN CERTIFICATE");
  const tokens = await api.request("/apis/authentication.k8s.io/v1/tokenreviews", {
    method: "POST",
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: "abcdef.0123456789abcdef" } },
  });
  expect(JSON.parse(tokens.body)).toMatchObject({
    status: { error: expect.stringContaining("invalid bearer token") as string },
  });
});
