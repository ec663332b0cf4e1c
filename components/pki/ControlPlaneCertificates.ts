import * as pulumi from "@pulumi/pulumi";
import { FRONT_PROXY_USER, HEALTH_USER, KUBELET_CLIENT_USER } from "../../node/identities";
import { KeyPair } from "../../node/render/keyPair";
import { componentType } from "../type";
import { Authority } from "./Authority";
import { certificate, CertificateArgs } from "./certificate";
import { Lifetimes } from "./lifetimes";

export interface ControlPlaneCertificatesArgs {
  authority: Authority;
  etcdAuthority: Authority;
  frontProxyAuthority: Authority;
  lifetimes: Lifetimes;
  machineName: string;
  internalIp: string;
  publicIp: pulumi.Input<string>;
  /** First address of the service range. */
  apiServiceIp: string;
  clusterDomain: string;
}

/** The leaves of one controller's control plane, each for one role. */
export class ControlPlaneCertificates extends pulumi.ComponentResource {
  readonly apiserver: pulumi.Output<KeyPair>;
  readonly apiserverEtcdClient: pulumi.Output<KeyPair>;
  readonly kubeletClient: pulumi.Output<KeyPair>;
  readonly frontProxyClient: pulumi.Output<KeyPair>;
  readonly controllerManager: pulumi.Output<KeyPair>;
  readonly controllerManagerClient: pulumi.Output<KeyPair>;
  readonly scheduler: pulumi.Output<KeyPair>;
  readonly schedulerClient: pulumi.Output<KeyPair>;
  readonly healthClient: pulumi.Output<KeyPair>;

  constructor(name: string, args: ControlPlaneCertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    const { authority, etcdAuthority, frontProxyAuthority, lifetimes, ...recorded } = args;
    super(componentType("ControlPlaneCertificates"), name, recorded, opts);

    const leaf = (role: string, rest: Omit<CertificateArgs, "authority" | "lifetimes">, signer = authority) =>
      certificate(`${name}-${role}`, { authority: signer, lifetimes, ...rest }, { parent: this });
    const client = (role: string, commonName: string, signer = authority) =>
      leaf(role, { commonName, usages: ["client_auth"] }, signer);
    const loopbackServer = (role: string, commonName: string) =>
      leaf(role, { commonName, usages: ["server_auth"], dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] });

    this.apiserver = leaf("apiserver", {
      commonName: "kube-apiserver",
      usages: ["server_auth"],
      dnsNames: apiserverNames(args.clusterDomain, args.machineName),
      ipAddresses: ["127.0.0.1", args.internalIp, args.publicIp, args.apiServiceIp],
    });
    this.apiserverEtcdClient = client("apiserver-etcd-client", "kube-apiserver", etcdAuthority);
    this.kubeletClient = client("apiserver-kubelet-client", KUBELET_CLIENT_USER);
    this.frontProxyClient = client("front-proxy-client", FRONT_PROXY_USER, frontProxyAuthority);
    this.controllerManager = loopbackServer("controller-manager", "kube-controller-manager");
    this.controllerManagerClient = client("controller-manager-client", "system:kube-controller-manager");
    this.scheduler = loopbackServer("scheduler", "kube-scheduler");
    this.schedulerClient = client("scheduler-client", "system:kube-scheduler");
    this.healthClient = client("health-client", HEALTH_USER);

    this.registerOutputs({});
  }
}

/** DNS names of the API: the Service's, from short to full without a trailing dot, and the machine's own. */
export function apiserverNames(clusterDomain: string, machineName: string): string[] {
  const labels = clusterDomain.split(".");
  const service = "kubernetes.default.svc";
  const domains = labels.map((_, i) => `${service}.${labels.slice(0, i + 1).join(".")}`);
  return ["kubernetes", "kubernetes.default", service, ...domains, machineName, "localhost"];
}
