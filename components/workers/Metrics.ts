import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { hours } from "../pki/lifetimes";
import { componentType } from "../type";
import { twoPods } from "./twoPods";

export interface MetricsArgs {
  provider: kubernetes.Provider;
  /** The workers, of which one at least must be Ready. */
  workers: pulumi.Resource[];
  /** metrics-server's image. */
  image: string;
  certificateDays: number;
  renewBeforeDays: number;
}

const NAME = "metrics-server";
const NAMESPACE = "kube-system";
const LABELS = { "k8s-app": NAME };
const RBAC = "rbac.authorization.k8s.io";
const PORT = 10250;
const CERTIFICATES = "/etc/metrics-server/tls";
/** The certificate of the cluster's authority in each Pod. It signs kubelets' certificates too. */
const CLUSTER_CA = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

/**
 * What `kubectl top` and autoscalers ask: metrics-server, an aggregated API server. Both ways are checked: it knows kubelets by the
 * cluster's authority, and the API servers know it by a certificate of its own. Done when it has metrics.
 */
export class Metrics extends pulumi.ComponentResource {
  constructor(name: string, args: MetricsArgs, opts?: pulumi.ComponentResourceOptions) {
    const { provider, workers, ...recorded } = args;
    super(componentType("Metrics"), name, recorded, opts);
    const options = { parent: this, provider };
    const metadata = { name: NAME, namespace: NAMESPACE, labels: LABELS };

    const account = new kubernetes.core.v1.ServiceAccount(`${name}-account`, { metadata }, options);
    const subjects = [{ kind: "ServiceAccount", name: account.metadata.name, namespace: NAMESPACE }];
    grantRights(name, subjects, options);
    const { certificate, secret } = makeCertificate(name, args, options);

    const pod = {
      serviceAccountName: account.metadata.name,
      containers: [
        {
          name: NAME,
          image: args.image,
          args: [
            `--secure-port=${PORT}`,
            `--tls-cert-file=${CERTIFICATES}/tls.crt`,
            `--tls-private-key-file=${CERTIFICATES}/tls.key`,
            `--kubelet-certificate-authority=${CLUSTER_CA}`,
            "--kubelet-preferred-address-types=InternalIP",
            "--kubelet-use-node-status-port",
            "--metric-resolution=15s",
          ],
          resources: { requests: { cpu: "100m", memory: "70Mi" } },
          ports: [{ name: "https", containerPort: PORT, protocol: "TCP" }],
          livenessProbe: { httpGet: { path: "/livez", port: "https", scheme: "HTTPS" }, periodSeconds: 10 },
          readinessProbe: { httpGet: { path: "/readyz", port: "https", scheme: "HTTPS" }, periodSeconds: 2 },
          volumeMounts: [
            { name: "tls", mountPath: CERTIFICATES, readOnly: true },
            { name: "tmp", mountPath: "/tmp" },
          ],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            runAsUser: 1000,
            capabilities: { drop: ["ALL"] },
            seccompProfile: { type: "RuntimeDefault" },
          },
        },
      ],
      securityContext: { fsGroup: 1000 },
      volumes: [
        { name: "tls", secret: { secretName: secret.metadata.name, defaultMode: 0o440 } },
        { name: "tmp", emptyDir: {} },
      ],
    };
    const deployment = twoPods(name, { metadata, labels: LABELS, pod, workers }, options);
    const service = new kubernetes.core.v1.Service(
      `${name}-service`,
      {
        metadata,
        spec: { selector: LABELS, ports: [{ name: "https", port: 443, targetPort: "https", protocol: "TCP" }] },
      },
      { ...options, dependsOn: [deployment] },
    );
    new kubernetes.apiregistration.v1.APIService(
      `${name}-api`,
      {
        metadata: { name: "v1beta1.metrics.k8s.io", labels: LABELS },
        spec: {
          group: "metrics.k8s.io",
          version: "v1beta1",
          groupPriorityMinimum: 100,
          versionPriority: 100,
          service: { name: service.metadata.name, namespace: NAMESPACE, port: 443 },
          caBundle: certificate.apply((pem) => Buffer.from(pem).toString("base64")),
        },
      },
      options,
    );

    this.registerOutputs({});
  }
}

/** Nobody but the API servers talks to it, so its certificate needs no authority: they know this one. */
function makeCertificate(
  name: string,
  { certificateDays, renewBeforeDays }: MetricsArgs,
  options: pulumi.CustomResourceOptions,
) {
  const local = { parent: options.parent };
  const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, local);
  const { certPem: certificate } = new tls.SelfSignedCert(
    `${name}-certificate`,
    {
      privateKeyPem: key.privateKeyPemPkcs8,
      subject: { commonName: `${NAME}.${NAMESPACE}.svc` },
      dnsNames: [`${NAME}.${NAMESPACE}.svc`],
      allowedUses: ["digital_signature", "server_auth"],
      validityPeriodHours: hours(certificateDays),
      earlyRenewalHours: hours(renewBeforeDays),
    },
    local,
  );
  const secret = new kubernetes.core.v1.Secret(
    `${name}-tls`,
    {
      metadata: { name: `${NAME}-tls`, namespace: NAMESPACE, labels: LABELS },
      type: "kubernetes.io/tls",
      stringData: { "tls.crt": certificate, "tls.key": key.privateKeyPemPkcs8 },
    },
    options,
  );
  return { certificate, secret };
}

/** metrics-server's own rights, those of an aggregated API server, and everybody's to read metrics where they may read Pods. */
function grantRights(
  name: string,
  subjects: kubernetes.types.input.rbac.v1.Subject[],
  options: pulumi.CustomResourceOptions,
): void {
  const role = (suffix: string, roleName: string, rules: kubernetes.types.input.rbac.v1.PolicyRule[], labels = {}) =>
    new kubernetes.rbac.v1.ClusterRole(
      `${name}-${suffix}`,
      { metadata: { name: roleName, labels: { ...LABELS, ...labels } }, rules },
      options,
    );
  const bind = (suffix: string, bindingName: string, roleName: pulumi.Input<string>) =>
    new kubernetes.rbac.v1.ClusterRoleBinding(
      `${name}-${suffix}`,
      {
        metadata: { name: bindingName, labels: LABELS },
        roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: roleName },
        subjects,
      },
      options,
    );
  const read = ["get", "list", "watch"];
  const aggregate = (to: string) => ({ [`rbac.authorization.k8s.io/aggregate-to-${to}`]: "true" });
  role(
    "readers",
    "system:aggregated-metrics-reader",
    [{ apiGroups: ["metrics.k8s.io"], resources: ["pods", "nodes"], verbs: read }],
    { ...aggregate("admin"), ...aggregate("edit"), ...aggregate("view") },
  );
  const own = role("role", "system:metrics-server", [
    { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
    { apiGroups: [""], resources: ["pods", "nodes"], verbs: read },
  ]);
  bind("binding", "system:metrics-server", own.metadata.name);
  bind("delegator", "metrics-server:system:auth-delegator", "system:auth-delegator");
  new kubernetes.rbac.v1.RoleBinding(
    `${name}-reader`,
    {
      metadata: { name: "metrics-server-auth-reader", namespace: NAMESPACE, labels: LABELS },
      roleRef: { apiGroup: RBAC, kind: "Role", name: "extension-apiserver-authentication-reader" },
      subjects,
    },
    options,
  );
}
