import { Api } from "../../verify/api";
import { compute, made, stackOutputs, until } from "./support";

test("one controller stops: the API goes on; it comes back: all is well", async () => {
  const { kubeconfig, controllers } = await stackOutputs();
  const api = new Api(kubeconfig);
  const lost = controllers[1]!;
  const instance = `/zones/${lost.zone}/instances/${lost.instance}`;

  await compute("POST", `${instance}/stop`);
  try {
    await until("the front door leaves the stopped controller out", 30, async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => api.request("/readyz").catch(() => undefined)),
      );
      return answers.every((answer) => answer?.status === 200);
    });
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "failover-" } };
    const made = await api.json<{ metadata: { name: string } }>("/api/v1/namespaces/default/configmaps", {
      method: "POST",
      body,
    });
    await api.json(`/api/v1/namespaces/default/configmaps/${made.metadata.name}`, { method: "DELETE" });
  } finally {
    await compute("POST", `${instance}/start`);
  }

  await until("the controller serves again", 90, async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.request("/readyz").catch(() => undefined)));
    return answers.some((answer) => answer?.status === 200 && answer.serverNames.includes(lost.name));
  });
  expect(await made("verify")).toMatch(/12 of 12 checks ok/);
}, 240_000);
