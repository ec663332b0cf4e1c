import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { componentType } from "../type";
import { twoPods } from "./twoPods";

export interface DnsArgs {
  provider: kubernetes.Provider;
  /** The workers, of which one at least must be Ready. */
  workers: pulumi.Resource[];
  /** CoreDNS's image. */
  image: string;
  /** The Service's address, at which every Pod asks. */
  address: string;
  clusterDomain: string;
}

const NAME = "coredns";
const NAMESPACE = "kube-system";
const RBAC = "rbac.authorization.k8s.io";
const LABELS = { "k8s-app": "kube-dns" };
const PORTS = { dns: 53, metrics: 9153, health: 8080, ready: 8181 };

/** The cluster's DNS: CoreDNS, two Pods that keep to different workers where they can. Done when both answer. */
export class Dns extends pulumi.ComponentResource {
  constructor(name: string, args: DnsArgs, opts?: pulumi.ComponentResourceOptions) {
    const { provider, workers, ...recorded } = args;
    super(componentType("Dns"), name, recorded, opts);
    const options = { parent: this, provider };
    const metadata = { name: NAME, namespace: NAMESPACE, labels: { ...LABELS, "kubernetes.io/name": "CoreDNS" } };

    const account = new kubernetes.core.v1.ServiceAccount(`${name}-account`, { metadata }, options);
    const role = new kubernetes.rbac.v1.ClusterRole(
      `${name}-role`,
      {
        metadata: { name: "system:coredns" },
        rules: [
          { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
          { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
        ],
      },
      options,
    );
    new kubernetes.rbac.v1.ClusterRoleBinding(
      `${name}-binding`,
      {
        metadata: { name: "system:coredns" },
        roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: NAMESPACE }],
      },
      options,
    );
    const corefile = renderCorefile(args.clusterDomain);
    const config = new kubernetes.core.v1.ConfigMap(
      `${name}-config`,
      { metadata, data: { Corefile: corefile } },
      options,
    );

    const pod = {
      serviceAccountName: account.metadata.name,
      // Its own questions go to the machine's name server.
      dnsPolicy: "Default",
      containers: [
        {
          name: NAME,
          image: args.image,
          args: ["-conf", "/etc/coredns/Corefile"],
          resources: { limits: { memory: "170Mi" }, requests: { cpu: "100m", memory: "70Mi" } },
          ports: [
            { name: "dns", containerPort: PORTS.dns, protocol: "UDP" },
            { name: "dns-tcp", containerPort: PORTS.dns, protocol: "TCP" },
            { name: "metrics", containerPort: PORTS.metrics, protocol: "TCP" },
          ],
          livenessProbe: {
            httpGet: { path: "/health", port: PORTS.health },
            initialDelaySeconds: 60,
            timeoutSeconds: 5,
            failureThreshold: 5,
          },
          readinessProbe: { httpGet: { path: "/ready", port: PORTS.ready }, periodSeconds: 2 },
          volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
          },
        },
      ],
      volumes: [
        { name: "config", configMap: { name: config.metadata.name, items: [{ key: "Corefile", path: "Corefile" }] } },
      ],
    };
    const deployment = twoPods(name, { metadata, labels: LABELS, pod, workers }, options);
    new kubernetes.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          ...metadata,
          name: "kube-dns",
          labels: { ...metadata.labels, "kubernetes.io/cluster-service": "true" },
        },
        spec: {
          clusterIP: args.address,
          selector: LABELS,
          ports: [
            { name: "dns", port: PORTS.dns, protocol: "UDP" },
            { name: "dns-tcp", port: PORTS.dns, protocol: "TCP" },
            { name: "metrics", port: PORTS.metrics, protocol: "TCP" },
          ],
        },
      },
      { ...options, dependsOn: [deployment] },
    );

    this.registerOutputs({});
  }
}

/** CoreDNS reads a changed file within a minute (reload). */
const renderCorefile = (clusterDomain: string) => `.:${PORTS.dns} {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :${PORTS.metrics}
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;
