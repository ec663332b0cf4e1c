import { KeyPairPaths, paths } from "../../node/layout";
import { useContext } from "./support";
import { Caller, holderOf, serviceAccount, withBootstrapToken } from "./identities/credentials";
import { answers, expected, POWERS, powersBut, Right } from "./identities/rights";

const context = useContext();

/** Credentials on a controller, with rights that they have and rights that they must not have. */
const HOLDERS: [holder: string, credential: KeyPairPaths, yes: Right[], no: Right[]][] = [
  [
    "kube-apiserver's kubelet client",
    paths.kubeletClient,
    ["get nodes", "get nodes/proxy", "create nodes/proxy", "get nodes/stats", "get nodes/log", "get nodes/metrics"],
    [...powersBut("create nodes/proxy"), "delete nodes", "get pods", "get /metrics"],
  ],
  [
    // Its built-in role may read everything. Except for these, it makes changes as one of its controllers (see below).
    "kube-controller-manager",
    paths.controllerManagerClient,
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
    paths.schedulerClient,
    ["list nodes", "list pods", "create pods/binding", "update pods/status", "delete pods", "create events"],
    [...POWERS, "get secrets", "get configmaps", "update pods", "update leases.coordination.k8s.io", "get /metrics"],
  ],
  [
    "the approver of kubelets' serving certificates",
    paths.csrApproverClient,
    [
      "list certificatesigningrequests.certificates.k8s.io",
      "watch certificatesigningrequests.certificates.k8s.io",
      "update certificatesigningrequests.certificates.k8s.io/approval",
      "approve signers.certificates.k8s.io:kubernetes.io/kubelet-serving",
      "get configmaps:kube-system:hardway-workers",
      "get nodes",
    ],
    [
      ...powersBut("update certificatesigningrequests.certificates.k8s.io/approval"),
      "approve signers.certificates.k8s.io:kubernetes.io/kube-apiserver-client",
      "create certificatesigningrequests.certificates.k8s.io",
      "update certificatesigningrequests.certificates.k8s.io/status",
      "get configmaps",
      "get configmaps:kube-system:extension-apiserver-authentication",
      "update configmaps:kube-system:hardway-workers",
      "list nodes",
      "get secrets",
      "get pods",
      "get /metrics",
    ],
  ],
  [
    // Every authenticated user has the last three.
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

test.each(HOLDERS)("%s has the rights that it needs, and no dangerous others", async (_, credential, yes, no) => {
  expect(await answers(await holderOf(context(), credential), [...yes, ...no])).toEqual(expected(yes, no));
});

test("the administrator has every right", async () => {
  expect(await answers({ api: context().api, options: {} }, POWERS)).toEqual(expected(POWERS, []));
});

/** Each controller in kube-controller-manager acts as a service account of this name. */
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

test.each(CONTROLLERS)(
  "the service account %s has the rights that it needs, and no dangerous others",
  async (name, yes, no) => {
    expect(await answers(await serviceAccount(context(), name), [...yes, ...no])).toEqual(expected(yes, no));
  },
);

test("a bootstrap token authenticates a machine, which has no rights yet", async () => {
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

/** Certificates that must not authenticate anybody at the API. */
const IMPOSTORS: [what: string, credential: KeyPairPaths][] = [
  ["kube-apiserver's serving certificate", paths.apiserver],
  ["kube-controller-manager's serving certificate", paths.controllerManager],
  ["kube-scheduler's serving certificate", paths.scheduler],
  ["the etcd operator's certificate", paths.etcdOperator],
  ["kube-apiserver's etcd certificate", paths.apiserverEtcdClient],
  ["an etcd peer's certificate", paths.etcdPeer],
  ["the front proxy's certificate", paths.frontProxyClient],
];

test.each(IMPOSTORS)("the API refuses %s", async (_, credential) => {
  const { api } = await holderOf(context(), credential);
  expect((await api.request("/version")).status).toBe(401);
});

describe("headers that name another user", () => {
  const secrets = "/api/v1/secrets?limit=1";
  const headers = { "X-Remote-User": "root", "X-Remote-Group": "system:masters" };

  test("are believed with the front proxy's certificate", async () => {
    const { api } = await holderOf(context(), paths.frontProxyClient);
    expect((await api.request(secrets, { headers })).status).toBe(200);
  });

  test.each([
    ["a certificate of the Kubernetes authority", paths.healthClient, 403],
    ["a certificate of the etcd authority", paths.apiserverEtcdClient, 401],
  ])("are not believed with %s", async (_, credential, status) => {
    const { api } = await holderOf(context(), credential);
    expect((await api.request(secrets, { headers })).status).toBe(status);
  });

  test("are not believed without a certificate", async () => {
    expect((await context().api.request(secrets, { headers, anonymous: true })).status).toBe(401);
  });

  test("are not believed when they ask for impersonation without the right to it", async () => {
    const { api } = await holderOf(context(), paths.schedulerClient);
    const impersonation = { "Impersonate-User": "root", "Impersonate-Group": "system:masters" };
    expect((await api.request(secrets, { headers: impersonation })).status).toBe(403);
  });
});
