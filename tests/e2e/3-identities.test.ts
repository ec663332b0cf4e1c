import { KeyPairPaths, paths } from "../../node/layout";
import { useContext } from "./support";
import { Caller, holderOf, serviceAccount, withBootstrapToken } from "./identities/credentials";
import { answers, expected, POWERS, powersBut, Right } from "./identities/rights";

const context = useContext();

/** What each certificate on a controller is good for at the API: yes, no. */
const HOLDERS: [who: string, credential: KeyPairPaths | string, yes: Right[], no: Right[]][] = [
  [
    "kube-apiserver, to kubelets",
    paths.kubeletClient,
    ["get nodes", "get nodes/proxy", "create nodes/proxy", "get nodes/stats", "get nodes/log", "get nodes/metrics"],
    [...powersBut("create nodes/proxy"), "delete nodes", "get pods", "get /metrics"],
  ],
  [
    // Reading everything is its built-in role. What it changes it changes as one of its controllers (below), but for these.
    "kube-controller-manager",
    paths.controllerManagerKubeconfig,
    ["get secrets", "list secrets", "update secrets", "list pods", "create serviceaccounts/token", "create events"],
    [
      ...powersBut("list secrets", "create serviceaccounts/token"),
      "get pods",
      "delete pods",
      "patch secrets",
      "update leases.coordination.k8s.io",
      "create configmaps",
      "get /metrics",
    ],
  ],
  [
    "kube-scheduler",
    paths.schedulerKubeconfig,
    ["list nodes", "list pods", "create pods/binding", "update pods/status", "delete pods", "create events"],
    [...POWERS, "get secrets", "get configmaps", "update pods", "update leases.coordination.k8s.io", "get /metrics"],
  ],
  [
    // The last three are every known user's.
    "the health proxy",
    paths.healthClient,
    ["get /healthz", "get /livez", "get /readyz", "get /version", "get /api", "get /openapi/v3"],
    [
      ...POWERS,
      "get pods",
      "get configmaps",
      "list namespaces",
      "list nodes",
      "get /metrics",
      "get /logs",
      "post /healthz",
    ],
  ],
];

test.each(HOLDERS)("%s may do what it must, and no more", async (_, credential, yes, no) => {
  expect(await answers(await holderOf(context(), credential), [...yes, ...no])).toEqual(expected(yes, no));
});

test("the administrator may do everything", async () => {
  expect(await answers({ api: context().api, options: {} }, POWERS)).toEqual(expected(POWERS, []));
});

/** kube-controller-manager acts as one of these service accounts in each of its controllers. */
const CONTROLLERS: [name: string, yes: Right[], no: Right[]][] = [
  ["replicaset-controller", ["create pods", "delete pods", "update replicasets.apps"], powersBut("create pods")],
  ["expand-controller", ["update persistentvolumes"], [...POWERS, "delete persistentvolumes"]],
  [
    "certificate-controller",
    ["update certificatesigningrequests.certificates.k8s.io/approval"],
    powersBut("update certificatesigningrequests.certificates.k8s.io/approval"),
  ],
  ["default", [], [...POWERS, "get pods", "get configmaps"]],
];

test.each(CONTROLLERS)("the service account %s may do what its controller must, and no more", async (name, yes, no) => {
  expect(await answers(await serviceAccount(context(), name), [...yes, ...no])).toEqual(expected(yes, no));
});

test("a bootstrap token proves who asks, and opens nothing until workers are given rights", async () => {
  await withBootstrapToken(context(), async (caller) => {
    const no: Right[] = [
      ...POWERS,
      "create certificatesigningrequests.certificates.k8s.io",
      "get nodes",
      "get configmaps",
    ];
    expect(await answers(caller, no)).toEqual(expected([], no));
    expect(await whoIs(caller)).toMatchObject({ groups: ["system:bootstrappers", "system:authenticated"] });
  });
});

async function whoIs({ api, options }: Caller): Promise<{ username: string; groups: string[] }> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const { status } = await api.json<{ status: { userInfo: { username: string; groups: string[] } } }>(path, {
    ...options,
    method: "POST",
    body,
  });
  return status.userInfo;
}

/** Certificates that say nothing about a user of the API. */
const IMPOSTORS: [what: string, credential: KeyPairPaths][] = [
  ["kube-apiserver's serving certificate", paths.apiserver],
  ["kube-controller-manager's serving certificate", paths.controllerManager],
  ["kube-scheduler's serving certificate", paths.scheduler],
  ["the etcd operator's certificate", paths.etcdOperator],
  ["kube-apiserver's etcd certificate", paths.apiserverEtcdClient],
  ["an etcd peer's certificate", paths.etcdPeer],
  ["the front proxy's certificate", paths.frontProxyClient],
];

test.each(IMPOSTORS)("%s does not open the API", async (_, credential) => {
  const { api } = await holderOf(context(), credential);
  expect((await api.request("/version")).status).toBe(401);
});

describe("headers that name another user", () => {
  const secrets = "/api/v1/secrets?limit=1";
  const headers = { "X-Remote-User": "root", "X-Remote-Group": "system:masters" };

  test("count when the front proxy's certificate comes with them, which kube-apiserver alone can read", async () => {
    const { api } = await holderOf(context(), paths.frontProxyClient);
    expect((await api.request(secrets, { headers })).status).toBe(200);
  });

  test.each([
    ["another authority's certificate", paths.healthClient, 403],
    ["a certificate of the authority of etcd", paths.apiserverEtcdClient, 401],
  ])("do not count with %s", async (_, credential, status) => {
    const { api } = await holderOf(context(), credential);
    expect((await api.request(secrets, { headers })).status).toBe(status);
  });

  test("do not count without a certificate", async () => {
    expect((await context().api.request(secrets, { headers, anonymous: true })).status).toBe(401);
  });

  test("of impersonation do not count for who may not", async () => {
    const { api } = await holderOf(context(), paths.schedulerKubeconfig);
    const impersonation = { "Impersonate-User": "root", "Impersonate-Group": "system:masters" };
    expect((await api.request(secrets, { headers: impersonation })).status).toBe(403);
  });
});
