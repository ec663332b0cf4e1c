import { randomBytes } from "crypto";
import { Check, Context, on, verdict } from "../check";

const SECRETS = "/api/v1/namespaces/default/secrets";
const PREFIX = "k8s:enc:secretbox:v1:";

export const encryptedAtRest: Check = {
  name: "a Secret is unreadable in etcd",
  async run(context) {
    const name = `hardway-verify-${randomBytes(4).toString("hex")}`;
    const canary = randomBytes(16).toString("hex");
    const body = { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData: { canary } };
    await context.api.json(SECRETS, { method: "POST", body });
    try {
      const stored = await bytesInEtcd(context, `/registry/secrets/default/${name}`);
      const read = await context.api.json<{ data: { canary: string } }>(`${SECRETS}/${name}`);
      const readable = [canary, Buffer.from(canary).toString("base64")].some((text) => stored.includes(text));
      return verdict(
        [
          ...(readable ? ["the value stands in etcd in plain"] : []),
          ...(stored.subarray(0, PREFIX.length).toString() === PREFIX
            ? []
            : [`stored as ${JSON.stringify(stored.subarray(0, 24).toString("latin1"))}`]),
          ...(Buffer.from(read.data.canary, "base64").toString() === canary ? [] : ["the API returns another value"]),
        ],
        `${stored.length} bytes in etcd behind ${PREFIX}, read back through the API`,
      );
    } finally {
      await context.api.request(`${SECRETS}/${name}`, { method: "DELETE" });
    }
  },
};

async function bytesInEtcd(context: Context, key: string): Promise<Buffer> {
  const json = await on(context, context.outputs.controllers[0]!, `sudo -i etcdctl --write-out=json get ${key}`);
  const [entry] = (JSON.parse(json) as { kvs?: { value: string }[] }).kvs ?? [];
  if (entry === undefined) throw new Error(`etcd has no ${key}`);
  return Buffer.from(entry.value, "base64");
}
