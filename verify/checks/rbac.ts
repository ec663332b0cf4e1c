import { Agent } from "https";
import { KUBELET_CLIENT_USER } from "../../node/identities";
import { Check, Context, verdict } from "../check";

interface Question {
  verb: string;
  resource: string;
  subresource?: string;
  group?: string;
  allowed: boolean;
}

const QUESTIONS: Question[] = [
  { verb: "get", resource: "nodes", subresource: "proxy", allowed: true },
  { verb: "create", resource: "nodes", subresource: "proxy", allowed: true },
  { verb: "get", resource: "nodes", subresource: "stats", allowed: true },
  { verb: "get", resource: "nodes", subresource: "log", allowed: true },
  { verb: "get", resource: "nodes", subresource: "metrics", allowed: true },
  { verb: "get", resource: "secrets", allowed: false },
  { verb: "create", resource: "pods", allowed: false },
  { verb: "delete", resource: "nodes", allowed: false },
  { verb: "create", resource: "clusterrolebindings", group: "rbac.authorization.k8s.io", allowed: false },
];

export const kubeletRbac: Check = {
  name: "kubelet RBAC: can-i, yes and no",
  async run(context) {
    // The answers come from etcd, so that any controller can give all of them, on one connection.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answers = await Promise.all(QUESTIONS.map((question) => canI(context, question, agent))).finally(() =>
      agent.destroy(),
    );
    const wrong = QUESTIONS.filter((question, i) => answers[i] !== question.allowed).map(
      ({ verb, resource, subresource, allowed }) =>
        `${allowed ? "may not" : "may"} ${verb} ${[resource, subresource].filter(Boolean).join("/")}`,
    );
    const yes = QUESTIONS.filter((q) => q.allowed).length;
    const { ok, seen } = verdict(wrong, `${yes} times yes, ${QUESTIONS.length - yes} times no`);
    return ok
      ? { ok, seen: `${KUBELET_CLIENT_USER}: ${seen}` }
      : {
          ok,
          seen: `${KUBELET_CLIENT_USER} ${seen}: make drift shows what changed, and pulumi up --refresh puts it back`,
        };
  },
};

async function canI(
  { api }: Context,
  { verb, resource, subresource, group = "" }: Question,
  agent: Agent,
): Promise<boolean> {
  const review = await api.json<{ status: { allowed: boolean } }>(
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    {
      method: "POST",
      agent,
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user: KUBELET_CLIENT_USER, resourceAttributes: { verb, resource, subresource, group } },
      },
    },
  );
  return review.status.allowed;
}
