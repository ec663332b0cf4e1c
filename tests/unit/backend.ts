import * as pulumi from "@pulumi/pulumi";
import { Mocks } from "./mocks";

/** A self-signed certificate that is valid for a hundred years. Nobody has its private key. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdjCCARugAwIBAgIUWcHqeJt50jc4olHVNkzj2WWblq0wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjExMDQ3MTBaGA8yMTI2MTAyODEwNDcx
MFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIOz
6dLHQeYVeuWgByDgli/UceQQruiPrG+gIUt9RjZA+oxETNbxu3YwsNqECL9crwaF
YirBd7xbig+MuP6nZtmjUzBRMB0GA1UdDgQWBBRABX4pLaDU7iAUkphGna5UYWDq
2zAfBgNVHSMEGDAWgBRABX4pLaDU7iAUkphGna5UYWDq2zAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCA5yNH7eN8PImw8NH6iK++w+94DRqQDH0w
q9Yl7DcUDwIhAPY+H3lSR6fMTjH3CwRiQAtvsmMqJK9atnqyeEQBjddE
-----END CERTIFICATE-----
`;

/** Mocks for a program that reads other stacks. `stacks` has their outputs by full name. Clusters sign every request with CERTIFICATE. */
export class Backend extends Mocks {
  constructor(private readonly stacks: Record<string, Record<string, unknown>>) {
    super();
  }

  override newResource(args: pulumi.runtime.MockResourceArgs): pulumi.runtime.MockResourceResult {
    if (args.type !== "pulumi:pulumi:StackReference") {
      const made = super.newResource(args);
      return args.type === "command:local:Command" ? { ...made, state: { ...made.state, stdout: CERTIFICATE } } : made;
    }
    const outputs = this.stacks[args.id!];
    return { id: args.id, state: { name: args.id, outputs, secretOutputNames: ["kubeconfig", "ssh"] } };
  }

  override call(args: pulumi.runtime.MockCallArgs): pulumi.runtime.MockCallResult {
    if (args.token !== "pulumi:pulumi:readStackOutputs") return super.call(args);
    const { name } = args.inputs as { name: string };
    // The SDK reads the message from `details`, where gRPC puts it.
    if (this.stacks[name] === undefined) throw Object.assign(new Error(), { details: `unknown stack "${name}"` });
    return { name, outputs: this.stacks[name] };
  }
}
