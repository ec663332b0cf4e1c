import { Caller } from "./credentials";

/** "VERB RESOURCE[.GROUP][/SUBRESOURCE][:[NAMESPACE:]NAME]", without a namespace in any of them, or "VERB /PATH". */
export type Right = `${string} ${string}`;

export type Answers = Record<Right, "yes" | "no">;

/** Asks the API, as the caller, whether the caller has each right. */
export async function answers({ api, options }: Caller, rights: Right[]): Promise<Answers> {
  const asked = rights.map(async (right): Promise<[Right, "yes" | "no"]> => {
    const review = await api.json<{ status: { allowed: boolean } }>(
      "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      {
        ...options,
        method: "POST",
        body: { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec: attributes(right) },
      },
    );
    return [right, review.status.allowed ? "yes" : "no"];
  });
  return Object.fromEntries(await Promise.all(asked));
}

function attributes(right: Right) {
  const [verb, what] = right.split(" ") as [string, string];
  if (what.startsWith("/")) return { nonResourceAttributes: { verb, path: what } };
  const [kind, ...object] = what.split(":") as [string, ...string[]];
  const [name, namespace] = object.reverse();
  const [type, subresource] = kind.split("/") as [string, string?];
  const [resource, ...group] = type.split(".");
  return { resourceAttributes: { verb, resource, subresource, group: group.join("."), name, namespace } };
}

export const expected = (yes: Right[], no: Right[]): Answers =>
  Object.fromEntries([...yes.map((right) => [right, "yes"]), ...no.map((right) => [right, "no"])]) as Answers;

/** Rights that would let their holder take over the cluster or read everybody's secrets. */
export const POWERS: Right[] = [
  "list secrets",
  "create pods",
  "create pods/exec",
  "create serviceaccounts/token",
  "impersonate users",
  "create clusterrolebindings.rbac.authorization.k8s.io",
  "bind clusterroles.rbac.authorization.k8s.io",
  "escalate clusterroles.rbac.authorization.k8s.io",
  "update certificatesigningrequests.certificates.k8s.io/approval",
  "approve signers.certificates.k8s.io",
  "create mutatingwebhookconfigurations.admissionregistration.k8s.io",
  "update nodes",
  "create nodes/proxy",
];
/** POWERS without some of them. */
export const powersBut = (...some: Right[]): Right[] => POWERS.filter((power) => !some.includes(power));
