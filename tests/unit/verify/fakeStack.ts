import { Finished } from "../../../lib/process";
import { SshMachine } from "../../../lib/ssh";
import { adminLeaf, machineLeaves } from "../../../node/certificates";
import { kubeconfig } from "../../../node/programs/kubeconfig";
import { StackOutputs } from "../../../outputs";
import { Answer, Api, RequestOptions } from "../../../verify/api";
import { Context } from "../../../verify/check";
import { authorityCertificate, certificate, CertificateOptions, leafCertificate } from "./fakeCertificates";
import { ANSWERS, FakeMachine, hostOf, machine, memberAnswer, pathOf } from "./fakeMachine";

interface Lease {
  holder: string;
  /** Seconds since it was renewed. */
  age: number;
}

interface FakeSecret {
  labels: Record<string, string>;
  data: { canary: string };
  creationTimestamp: string;
}

/** A healthy stack of three controllers, which tests break by changing its fields. */
export class FakeStack {
  readonly machines: [FakeMachine, FakeMachine, FakeMachine] = [machine(0), machine(1), machine(2)];
  readonly leases: Record<string, Lease | undefined> = {
    "kube-controller-manager": { holder: "hardway-local-controller-2_8c1f", age: 1 },
    "kube-scheduler": { holder: "hardway-local-controller-0_77ab", age: 2 },
  };
  /** Whether the kubelet client may do something: `VERB RESOURCE[/SUBRESOURCE]`. */
  may = (question: string): boolean => question.includes("nodes/");
  /** Why the API does not answer, or answers every request with a failure. */
  apiFails?: Error | Answer;
  /** What the front door answers to an anonymous request. */
  anonymous = 401;
  administrator = certificate({ usages: adminLeaf.usages, left: 364, age: 1 });

  /** Secrets by name, with their labels, as the API returns them. */
  readonly secrets = new Map<string, FakeSecret>();
  /** etcd's keys. */
  readonly keys = new Map<string, string>();
  private requests = 0;

  /** Gives controller-1 another certificate for a leaf's role. */
  leaf(role: string, changes: Partial<CertificateOptions>): void {
    const leaf = machineLeaves.find((each) => each.role === role)!;
    this.machines[1].certificates.set(pathOf(leaf), leafCertificate(leaf, hostOf(this.machines[1]), changes));
  }

  /** Gives controller-1 another certificate of an authority. */
  authority(path: string, changes: Partial<CertificateOptions>): void {
    this.machines[1].certificates.set(path, authorityCertificate(changes));
  }

  admin(changes: Partial<CertificateOptions>): void {
    this.administrator = certificate({ usages: adminLeaf.usages, left: 364, age: 1, ...changes });
  }

  get context(): Context {
    const ca = authorityCertificate();
    const user = { certificate: this.administrator, key: "" };
    const config = kubeconfig({ server: "https://203.0.113.130:6443", ca, cluster: "c", user: "u", ...user });
    const outputs: Partial<StackOutputs> = {
      endpoint: "https://203.0.113.130:6443",
      publicIp: "203.0.113.130",
      kubeconfig: config,
      controllers: this.machines,
      serviceCidr: "10.32.0.0/24",
      kubernetesVersion: "1.36.3",
    };
    return {
      outputs: outputs as StackOutputs,
      stack: "local",
      api: new FakeApi(config, this),
      ssh: { run: (target, command) => Promise.resolve(this.run(target, command)) },
    };
  }

  private run({ name }: SshMachine, command: string): Finished {
    const here = this.machines.find((m) => m.name === name)!;
    if (here.unreachable !== undefined) return { code: 255, stdout: "", stderr: here.unreachable };
    if (here.failing !== undefined) return { code: 1, stdout: "", stderr: here.failing };
    return { code: 0, stdout: this.print(here, command), stderr: "" };
  }

  private print(here: FakeMachine, command: string): string {
    const [, address] = /https:\/\/([\d.]+):2379\/health/.exec(command) ?? [];
    if (address !== undefined) return memberAnswer(this.machines.find((m) => m.internalIp === address)!.member);
    const [, prefix] = /get --prefix ([^ ']+)/.exec(command) ?? [];
    if (prefix !== undefined) return this.find(prefix);
    const [, answer] = ANSWERS.find(([pattern]) => pattern.test(command)) ?? [];
    if (answer === undefined) throw new Error(`the fake machine does not know the command ${command}`);
    return answer(here);
  }

  private find(prefix: string): string {
    const encode = (text: string) => Buffer.from(text).toString("base64");
    const kvs = [...this.keys].filter(([key]) => key.startsWith(prefix));
    return JSON.stringify({ kvs: kvs.map(([key, value]) => ({ key: encode(key), value: encode(value) })) });
  }

  /** The load balancer takes the controllers of its pool in turn. */
  choose(): FakeMachine {
    const pool = this.machines.filter(({ inPool }) => inPool);
    return pool[this.requests++ % pool.length]!;
  }
}

class FakeApi extends Api {
  constructor(
    config: string,
    private readonly stack: FakeStack,
  ) {
    super(config);
  }

  override request(path: string, options: RequestOptions = {}): Promise<Answer> {
    const { apiFails, anonymous } = this.stack;
    if (apiFails instanceof Error) return Promise.reject(apiFails);
    if (apiFails !== undefined) return Promise.resolve(apiFails);
    const chosen = this.stack.choose();
    const [status, body] = options.anonymous ? [anonymous, {}] : this.answer(chosen, path, options);
    return Promise.resolve({ status, body: JSON.stringify(body), serverNames: ["kubernetes", chosen.name] });
  }

  private answer(chosen: FakeMachine, path: string, { method = "GET", body }: RequestOptions): [number, object] {
    const [, lease] = /\/leases\/(.*)$/.exec(path) ?? [];
    if (lease !== undefined) return this.lease(lease);
    if (path === "/version") return [200, { gitVersion: chosen.version, platform: "linux/amd64" }];
    if (path.endsWith("/subjectaccessreviews")) return [201, { status: { allowed: this.allowed(body) } }];
    if (path.startsWith("/api/v1/namespaces/default/secrets")) return this.secret(chosen, method, path, body);
    throw new Error(`the fake API does not know ${method} ${path}`);
  }

  private lease(name: string): [number, object] {
    const lease = this.stack.leases[name];
    if (lease === undefined) return [404, { message: `leases.coordination.k8s.io "${name}" not found` }];
    const renewTime = new Date(Date.now() - lease.age * 1000).toISOString();
    return [200, { spec: { holderIdentity: lease.holder, renewTime, leaseDurationSeconds: 15 } }];
  }

  private allowed(body: unknown): boolean {
    const { spec } = body as { spec: { resourceAttributes: Record<"verb" | "resource" | "subresource", string> } };
    const { verb, resource, subresource } = spec.resourceAttributes;
    return this.stack.may(`${verb} ${[resource, subresource].filter(Boolean).join("/")}`);
  }

  private secret(chosen: FakeMachine, method: string, path: string, body: unknown): [number, object] {
    const { secrets, keys } = this.stack;
    if (method === "POST") {
      const { metadata, stringData } = body as {
        metadata: { name: string; labels: FakeSecret["labels"] };
        stringData: { canary: string };
      };
      const data = { canary: Buffer.from(stringData.canary).toString("base64") };
      const kept = { labels: metadata.labels, data, creationTimestamp: new Date().toISOString() };
      secrets.set(metadata.name, chosen.forgets ? { ...kept, data: { canary: "" } } : kept);
      keys.set(`/registry/secrets/default/${metadata.name}`, chosen.encryption || `k8s v1 Secret ${stringData.canary}`);
      return [201, { metadata, data }];
    }
    const [, label, mark] = /labelSelector=([^=]*)=?(.*)$/.exec(path)!;
    const chosenOnes = [...secrets].filter(([, { labels }]) => mark === "" || labels[label!] === mark);
    if (method === "DELETE") chosenOnes.forEach(([name]) => secrets.delete(name));
    return [
      200,
      { items: chosenOnes.map(([name, { data, ...metadata }]) => ({ metadata: { name, ...metadata }, data })) },
    ];
  }
}
