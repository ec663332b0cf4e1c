import * as pulumi from "@pulumi/pulumi";
import type { StackOutputs } from "../../outputs";
import { MARK } from "../schemas/check";
import { Conformance } from "./schemas/conformance";

export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What a resource has after it was made, beyond its inputs. PEM texts are made up; nobody parses them here. */
function computed({ type, name }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
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
      return { address: `203.0.113.${name === "front-door-address" ? 99 : 10 + Number(/\d+/.exec(name)![0])}` };
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
  /** URN::ID */
  getProvider(): string;
}

/** Records every registration, and holds it against the provider's schema; an invoke that is not known fails the test. */
export class Mocks implements pulumi.runtime.Mocks {
  readonly registered: Registered[] = [];
  private readonly dependencies = new Map<string, string[]>();
  readonly conformance = new Conformance();

  /** `running`: the outputs that the stack has already. */
  constructor(private readonly running: Partial<StackOutputs> = {}) {}

  newResource(args: pulumi.runtime.MockResourceArgs): pulumi.runtime.MockResourceResult {
    const inputs = args.inputs as Record<string, unknown>;
    this.registered.push({ type: args.type, name: args.name, inputs });
    const id = `${args.name}-id`;
    if (args.custom) return { id, state: this.conformance.resource(args.name, args.type, inputs, computed(args)) };
    this.conformance.given(args.name, inputs);
    return { id, state: inputs };
  }

  /** Notes what each resource has to wait for, as the engine is told. */
  listen(monitor: Monitor): void {
    const register = monitor.registerResource.bind(monitor) as (request: Request, callback: unknown) => unknown;
    const registerResource = (request: Request, callback: unknown) => {
      const urns = [...request.getDependenciesList(), request.getProvider().replace(/::[^:]*$/, "")];
      this.dependencies.set(
        request.getName(),
        urns.filter(Boolean).map((urn) => urn.split("::").pop()!),
      );
      return register(request, callback);
    };
    Object.assign(monitor, { registerResource });
  }

  /** Names of all that a resource waits for, directly or not. */
  waitsFor(name: string, found = new Set<string>()): Set<string> {
    for (const other of this.dependencies.get(name) ?? []) {
      if (!found.has(other)) this.waitsFor(other, found.add(other));
    }
    return found;
  }

  call({ token, inputs }: pulumi.runtime.MockCallArgs): pulumi.runtime.MockCallResult {
    if (token === "gcp:compute/getInstanceGuestAttributes:getInstanceGuestAttributes") {
      const { name } = inputs as { name: string };
      const queryValues = [{ namespace: "hostkeys", key: "ecdsa-sha2-nistp256", value: `HOSTKEY-${name}` }];
      return this.conformance.call(token, inputs as object, { queryValues });
    }
    if (token === "pulumi:pulumi:readStackOutputs") return { outputs: this.running };
    throw new Error(`the program called ${token}, which these tests do not know`);
  }

  of(type: string): Registered[] {
    return this.registered.filter((r) => r.type === type).sort((a, b) => a.name.localeCompare(b.name));
  }

  named(name: string): Registered {
    const found = this.registered.filter((r) => r.name === name);
    if (found.length !== 1) throw new Error(`${found.length} resources are named ${name}`);
    return found[0]!;
  }
}

/** The value of what must be a secret; throws when it is none. */
export function secretValue(input: unknown): unknown {
  if (typeof input !== "object" || input === null || !(MARK in input))
    throw new Error(`${JSON.stringify(input)} is no secret`);
  return (input as { value?: unknown } & object).value;
}
