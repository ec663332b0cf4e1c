import * as pulumi from "@pulumi/pulumi";
import { MARK } from "../schemas/check";
import { Conformance } from "./schemas/conformance";

export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What a resource has after it was made, beyond its inputs. PEM texts are made up; nobody parses them here. */
function computed({ type, name, inputs }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  const given = inputs as Record<string, unknown>;
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
      return { address: "203.0.113.99" };
    case "gcp:compute/instance:Instance": {
      const n = Number(/\d+$/.exec(name)![0]);
      const [nic] = given.networkInterfaces as [Record<string, unknown>];
      return {
        project: "p",
        instanceId: String(n),
        networkInterfaces: [{ ...nic, accessConfigs: [{ natIp: `203.0.113.${10 + n}` }] }],
      };
    }
    case "gcp:compute/targetPool:TargetPool":
      return { selfLink: "https://www.googleapis.com/compute/v1/projects/p/regions/r/targetPools/pool" };
    default:
      return {};
  }
}

/** Records every registration, and holds it against the provider's schema; an invoke that is not known fails the test. */
export class Mocks implements pulumi.runtime.Mocks {
  readonly registered: Registered[] = [];
  readonly conformance = new Conformance();

  newResource(args: pulumi.runtime.MockResourceArgs): pulumi.runtime.MockResourceResult {
    const inputs = args.inputs as Record<string, unknown>;
    this.registered.push({ type: args.type, name: args.name, inputs });
    const id = `${args.name}-id`;
    if (args.custom) return { id, state: this.conformance.resource(args.name, args.type, inputs, computed(args)) };
    this.conformance.given(args.name, inputs);
    return { id, state: inputs };
  }

  call({ token, inputs }: pulumi.runtime.MockCallArgs): pulumi.runtime.MockCallResult {
    if (token === "gcp:compute/getInstanceGuestAttributes:getInstanceGuestAttributes") {
      const { name } = inputs as { name: string };
      const queryValues = [{ namespace: "hostkeys", key: "ecdsa-sha2-nistp256", value: `HOSTKEY-${name}` }];
      return this.conformance.call(token, inputs as object, { queryValues });
    }
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
