import { randomBytes } from "crypto";
import { paths, units } from "../../node/layout";
import { Answer } from "../api";
import { askAny, asRoot } from "../ask";
import { Check, Context, shellOn, verdict } from "../check";
import { tour, unmet } from "../tour";
import { etcdctl } from "./etcdMember";

const SECRETS = "/api/v1/namespaces/default/secrets";
const PREFIX = "k8s:enc:secretbox:v1:";
/** Enough to meet five controllers 99 times of 100. A look that misses one is followed by another. */
const MOST_SECRETS = 30;
const LABEL = "hardway-verify";

/** A verify takes less than a minute, so that an older Secret was left by one that could not delete it. */
const LEFTOVER_MS = 10 * 60_000;

interface Secret {
  metadata: { name: string; labels: Record<string, string>; creationTimestamp: string };
  data: { canary: string };
}

/** Writes Secrets through every controller, because each API server encrypts what it writes, and reads them in etcd. */
export const encryptedAtRest: Check = {
  name: "a Secret is unreadable in etcd",
  async run(context) {
    const mark = randomBytes(4).toString("hex");
    const marks = new Set([mark]);
    try {
      const seen = await tour(context, () => write(context, mark), MOST_SECRETS);
      const everyMark = `${SECRETS}?labelSelector=${LABEL}`;
      const [stored, read] = await Promise.all([
        inEtcd(context, mark),
        context.api.json<{ items: Secret[] }>(everyMark),
      ]);
      const returned = new Map(read.items.map(({ metadata, data }) => [metadata.name, data.canary]));
      for (const { metadata } of read.items)
        if (Date.now() - Date.parse(metadata.creationTimestamp) > LEFTOVER_MS) marks.add(metadata.labels[LABEL]!);
      const problems = [...seen.answers].flatMap(([controller, answers]) => {
        // One of a controller's Secrets tells as much as all of them.
        const [first] = answers.flatMap((answer) => problem(answer, stored, returned) ?? []);
        return first === undefined ? [] : [`${controller} ${first}: ${wayOut(context, controller)}`];
      });
      const bytes = Math.max(...[...stored.values()].map((value) => value.length));
      const missed = unmet(seen);
      const left = missed.length > 0 ? `; not through ${missed.join(", ")}` : "";
      const fine = `${bytes} bytes in etcd behind ${PREFIX}, through each of ${seen.answers.size - missed.length}, read back${left}`;
      return { ...verdict([...problems, ...seen.failures], fine), partly: missed.length > 0 };
    } finally {
      for (const each of marks)
        await context.api.request(`${SECRETS}?labelSelector=${LABEL}=${each}`, { method: "DELETE" });
    }
  },
};

const nameOf = (mark: string) => `hardway-verify-${mark}`;

function write({ api }: Context, mark: string): Promise<Answer> {
  const name = `${nameOf(mark)}-${randomBytes(4).toString("hex")}`;
  const stringData = { canary: randomBytes(16).toString("hex") };
  const metadata = { name, labels: { [LABEL]: mark } };
  return api.succeed(SECRETS, { method: "POST", body: { apiVersion: "v1", kind: "Secret", metadata, stringData } });
}

/** What is wrong with a Secret, from the answer to its creation, what etcd has and what the API returns. */
function problem(answer: Answer, stored: Map<string, Buffer>, returned: Map<string, string>): string | undefined {
  const { metadata, data } = JSON.parse(answer.body) as Secret;
  const value = stored.get(metadata.name);
  if (value === undefined) return "wrote a Secret that etcd does not have";
  const plain = [data.canary, Buffer.from(data.canary, "base64").toString()].some((text) => value.includes(text));
  if (plain) return "writes Secrets to etcd in plain text";
  if (value.subarray(0, PREFIX.length).toString() !== PREFIX)
    return `stores Secrets behind ${JSON.stringify(value.subarray(0, 24).toString("latin1"))}, not ${PREFIX}`;
  return returned.get(metadata.name) === data.canary
    ? undefined
    : "wrote a Secret that the API returns with another value";
}

const wayOut = (context: Context, controller: string) =>
  `secretbox must come first in ${paths.encryptionConfig}, and ${units.apiserver} must read that file: ${shellOn(context, controller)}`;

/** What etcd has of the Secrets with a mark, by their names. */
async function inEtcd(context: Context, mark: string): Promise<Map<string, Buffer>> {
  const directory = "/registry/secrets/default/";
  const json = await askAny(context, asRoot(etcdctl(`get --prefix ${directory}${nameOf(mark)}`)));
  const { kvs = [] } = JSON.parse(json) as { kvs?: { key: string; value: string }[] };
  const decode = (base64: string) => Buffer.from(base64, "base64");
  return new Map(kvs.map(({ key, value }) => [decode(key).toString().slice(directory.length), decode(value)]));
}
