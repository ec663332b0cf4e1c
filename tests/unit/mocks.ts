import * as pulumi from "@pulumi/pulumi";
import type { LastOutputs } from "../../outputs";
import { MARK } from "../schemas/check";
import { Conformance } from "./schemas/conformance";

export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** The outputs of a new resource, besides its inputs. The PEM texts are made up, because nothing here parses them. */
function computed({ type, name, inputs }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  switch (type) {
    case "tls:index/privateKey:PrivateKey":
      return {
        privateKeyPem: `PEM ${name}`,
        privateKeyPemPkcs8: `PEM ${name}`,
        privateKeyOpenssh: `OPENSSH ${name}`,
        publicKeyPem: `PUBLIC ${name}`,
        publicKeyOpenssh: `ssh-ed25519 ${name}\n`,
      };
    case "tls:index/certRequest:CertRequest":
      return { certRequestPem: `REQUEST ${name}` };
    case "tls:index/selfSignedCert:SelfSignedCert":
    case "tls:index/locallySignedCert:LocallySignedCert":
      return { certPem: `CERTIFICATE ${name}` };
    case "gcp:compute/address:Address":
      return {
        address: `203.0.113.${name === "front-door-address" ? 99 : 10 + Number(/\d+/.exec(name)![0])}`,
        networkTier: (inputs as { networkTier?: string }).networkTier ?? "PREMIUM",
      };
    case "gcp:compute/instance:Instance":
      return { project: "p", instanceId: /\d+$/.exec(name)![0] };
    case "gcp:compute/targetPool:TargetPool":
      return { selfLink: "https://www.googleapis.com/compute/v1/projects/p/regions/r/targetPools/pool" };
    default:
      return {};
  }
}

type Monitor = NonNullable<ReturnType<typeof pulumi.runtime.getMonitor>>;
interface Request {
  getName(): string;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  /** URN::ID */
  getProvider(): string;
  getRetainondelete(): boolean;
}

/** Records every registration and checks it against the provider's schema. An unknown invoke fails the test. */
export class Mocks implements pulumi.runtime.Mocks {
  readonly registered: Registered[] = [];
  /** Names of the resources that a destroy leaves in place. */
  readonly retained: string[] = [];
  private readonly dependencies = new Map<string, string[]>();
  /** The paths of inputs whose changes a resource ignores, by its name. */
  readonly ignored = new Map<string, string[]>();
  readonly conformance = new Conformance();

  /**
   * `running` are the outputs of the stack's last update. `existing` are the names of the instances that the cloud has. `drifts` are
   * the guest attributes with which an instance tells what differs, by its name.
   */
  constructor(
    private readonly running: LastOutputs = {},
    private readonly existing: string[] = [],
    private readonly drifts: Record<string, Record<string, string>> = {},
  ) {}

  newResource(args: pulumi.runtime.MockResourceArgs): pulumi.runtime.MockResourceResult {
    const inputs = args.inputs as Record<string, unknown>;
    this.registered.push({ type: args.type, name: args.name, inputs });
    const id = `${args.name}-id`;
    if (args.custom) return { id, state: this.conformance.resource(args.name, args.type, inputs, computed(args)) };
    this.conformance.given(args.name, inputs);
    return { id, state: inputs };
  }

  /** Records which resources each resource waits for, according to its request to the engine. */
  listen(monitor: Monitor): void {
    const register = monitor.registerResource.bind(monitor) as (request: Request, callback: unknown) => unknown;
    const registerResource = (request: Request, callback: unknown) => {
      const urns = [...request.getDependenciesList(), request.getProvider().replace(/::[^:]*$/, "")];
      this.dependencies.set(
        request.getName(),
        urns.filter(Boolean).map((urn) => urn.split("::").pop()!),
      );
      this.ignored.set(request.getName(), request.getIgnorechangesList());
      if (request.getRetainondelete()) this.retained.push(request.getName());
      return register(request, callback);
    };
    Object.assign(monitor, { registerResource });
  }

  /** Names of all resources that a resource waits for, directly or indirectly. */
  waitsFor(name: string, found = new Set<string>()): Set<string> {
    for (const other of this.dependencies.get(name) ?? []) {
      if (!found.has(other)) this.waitsFor(other, found.add(other));
    }
    return found;
  }

  private told(instance: string) {
    const attributes = Object.entries(this.drifts[instance] ?? {});
    if (attributes.length === 0) throw Object.assign(new Error(), { details: "Error 404: not found" });
    return attributes.map(([key, value]) => ({ namespace: "hardway", key, value }));
  }

  call({ token, inputs }: pulumi.runtime.MockCallArgs): pulumi.runtime.MockCallResult {
    if (token === "gcp:compute/getInstanceGuestAttributes:getInstanceGuestAttributes") {
      const { name, queryPath } = inputs as { name: string; queryPath: string };
      if (queryPath === "hardway/")
        return this.conformance.call(token, inputs as object, { queryValues: this.told(name) });
      const queryValues = [{ namespace: "hostkeys", key: "ecdsa-sha2-nistp256", value: `HOSTKEY-${name}` }];
      return this.conformance.call(token, inputs as object, { queryValues });
    }
    if (token === "gcp:compute/getInstance:getInstance") {
      const { name } = inputs as { name: string };
      // The SDK takes the message of a failed invoke from the field in which gRPC has it.
      if (!this.existing.includes(name)) throw Object.assign(new Error(), { details: "Error 404: not found" });
      return this.conformance.call(token, inputs as object, { currentStatus: "RUNNING" });
    }
    if (token === "pulumi:pulumi:readStackOutputs") return { outputs: this.running };
    throw new Error(`the program called ${token}, for which the mocks have no answer`);
  }

  of(type: string): Registered[] {
    return this.registered.filter((r) => r.type === type).sort((a, b) => a.name.localeCompare(b.name));
  }

  named(name: string): Registered {
    const found = this.registered.filter((r) => r.name === name);
    if (found.length !== 1) throw new Error(`one resource must have the name ${name}; got ${found.length}`);
    return found[0]!;
  }
}

/** Returns the value of a secret. Throws when `input` is not a secret. */
export function secretValue(input: unknown): unknown {
  if (typeof input !== "object" || input === null || !(MARK in input))
    throw new Error(`${JSON.stringify(input)} must be a secret`);
  return (input as { value?: unknown } & object).value;
}
