import { directories, workerPaths, workerPorts, workerUnits } from "../../../node/layout";
import { parse } from "yaml";
import { kubectl } from "../support";
import { Control, control, is, isNot, ownedBy, within } from "./control";
import { File } from "./machine";

/** The part of a running kubelet's configuration that the benchmark asks for, with what it fills in itself. */
interface KubeletConfig {
  authentication: { anonymous: { enabled: boolean }; x509: { clientCAFile?: string } };
  authorization: { mode: string };
  readOnlyPort?: number;
  streamingConnectionIdleTimeout: string;
  makeIPTablesUtilChains: boolean;
  eventRecordQPS: number;
  rotateCertificates: boolean;
  serverTLSBootstrap: boolean;
  tlsCipherSuites: string[];
  podPidsLimit: number;
  seccompDefault: boolean;
}

/** What the benchmark checks on one worker. */
export class WorkerMachine {
  private constructor(
    private readonly files: File[],
    readonly kubelet: KubeletConfig,
    readonly kubeletArguments: string[],
    readonly kubeProxy: { metricsBindAddress: string },
  ) {}

  /** `name` is the Node's, `run` runs a command on its machine. */
  static async look(name: string, run: (command: string) => Promise<string>): Promise<WorkerMachine> {
    const { kubelet, kubeProxy } = workerUnits;
    const paths = [
      ...[kubelet, kubeProxy].map((unit) => `${directories.units}/${unit}`),
      ...[workerPaths.kubeProxyKubeconfig, workerPaths.kubeletKubeconfig, workerPaths.kubeletKubeconfigCopy],
      ...[workerPaths.kubeletCa, workerPaths.kubeletConfig],
    ];
    const [listing, commandLine, proxy, config] = await Promise.all([
      run(`sudo find ${paths.join(" ")} -printf '%p %m %u:%g\\n'`),
      run(`sudo cat /proc/$(systemctl show --property=MainPID --value ${kubelet})/cmdline | tr '\\0' '\\n'`),
      run(`sudo cat ${workerPaths.kubeProxyConfig}`),
      kubectl(`get --raw /api/v1/nodes/${name}/proxy/configz`),
    ]);
    const files = listing
      .trim()
      .split("\n")
      .map((line) => {
        const [path, mode, owner] = line.split(" ") as [string, string, string];
        return { path, mode: parseInt(mode, 8), owner };
      });
    const { kubeletconfig } = JSON.parse(config) as { kubeletconfig: KubeletConfig };
    const proxyConfig = parse(proxy) as WorkerMachine["kubeProxy"];
    return new WorkerMachine(files, kubeletconfig, commandLine.trim().split("\n"), proxyConfig);
  }

  file(...paths: string[]): File[] {
    return this.files.filter(({ path }) => paths.includes(path));
  }
}

type WorkerControl = Control<WorkerMachine>;

/** Files that must have a mode, and root as their owner. */
const rootFiles = (ids: [string, string], what: string, mode: number, ...paths: string[]): WorkerControl[] => [
  control(
    ids[0],
    `nobody but its owner may change ${what}, or read what ${mode.toString(8)} forbids`,
    (m: WorkerMachine) => m.file(...paths),
    within(mode),
  ),
  control(ids[1], `root owns ${what}`, (m: WorkerMachine) => m.file(...paths), ownedBy("root:root")),
];

const kubelet = <T>(id: string, what: string, see: (config: KubeletConfig) => T, good: (seen: T) => boolean) =>
  control(id, what, (m: WorkerMachine) => see(m.kubelet), good);

/** As the benchmark lists them. */
const STRONG_CIPHERS = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
];

const isTrue = (value: boolean) => value;

export const workerControls: WorkerControl[] = [
  ...rootFiles(["4.1.1", "4.1.2"], "kubelet's unit", 0o600, `${directories.units}/${workerUnits.kubelet}`),
  ...rootFiles(["4.1.3", "4.1.4"], "kube-proxy's kubeconfig", 0o600, workerPaths.kubeProxyKubeconfig),
  ...rootFiles(
    ["4.1.5", "4.1.6"],
    "kubelet's kubeconfig",
    0o600,
    workerPaths.kubeletKubeconfig,
    workerPaths.kubeletKubeconfigCopy,
  ),
  ...rootFiles(["4.1.7", "4.1.8"], "the authority of kubelet's clients", 0o644, workerPaths.kubeletCa),
  ...rootFiles(["4.1.9", "4.1.10"], "kubelet's configuration", 0o600, workerPaths.kubeletConfig),
  kubelet(
    "4.2.1",
    "kubelet refuses anonymous requests",
    (c) => c.authentication.anonymous.enabled,
    (on) => !on,
  ),
  kubelet("4.2.2", "kubelet does not allow everything", (c) => c.authorization.mode, isNot("AlwaysAllow")),
  kubelet(
    "4.2.3",
    "kubelet knows its clients by an authority",
    (c) => c.authentication.x509.clientCAFile,
    is(workerPaths.kubeletCa),
  ),
  kubelet(
    "4.2.4",
    "kubelet has no port for reading without a certificate",
    (c) => c.readOnlyPort ?? 0,
    (port) => port === 0,
  ),
  kubelet(
    "4.2.5",
    "idle connections end",
    (c) => c.streamingConnectionIdleTimeout,
    (time) => !/^0/.test(time),
  ),
  kubelet("4.2.6", "kubelet makes its chains of firewall rules", (c) => c.makeIPTablesUtilChains, isTrue),
  control(
    "4.2.7",
    "the Node has the host's name",
    (m: WorkerMachine) => m.kubeletArguments.filter((argument) => argument.startsWith("--hostname-override")),
    (given) => given.length === 0,
  ),
  kubelet(
    "4.2.8",
    "kubelet records enough events",
    (c) => c.eventRecordQPS,
    (most) => most === 0 || most >= 50,
  ),
  kubelet(
    "4.2.9/11",
    "kubelet's serving certificate is the cluster's, and is renewed",
    (c) => c.serverTLSBootstrap,
    isTrue,
  ),
  kubelet("4.2.10", "kubelet renews its client certificate", (c) => c.rotateCertificates, isTrue),
  kubelet(
    "4.2.12",
    "kubelet serves with strong ciphers only",
    (c) => c.tlsCipherSuites,
    (list) => list.length > 0 && list.every((one) => STRONG_CIPHERS.includes(one)),
  ),
  kubelet(
    "4.2.13",
    "the processes of a Pod are limited",
    (c) => c.podPidsLimit,
    (most) => most > 0,
  ),
  kubelet("4.2.14", "containers have the default seccomp profile", (c) => c.seccompDefault, isTrue),
  control(
    "4.3.1",
    "kube-proxy's metrics are on loopback",
    (m: WorkerMachine) => m.kubeProxy.metricsBindAddress,
    is(`127.0.0.1:${workerPorts.kubeProxyMetrics}`),
  ),
];
