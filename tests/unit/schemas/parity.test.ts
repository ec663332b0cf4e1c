import { NpmPackage } from "../../schemas/npm";
import { disagreements } from "../../schemas/parity";
import { Property, Resource } from "../../schemas/schema";

const token = "tls:index/selfSignedCert:SelfSignedCert";
const npm = new NpmPackage("tls");
const [certificate, secrets] = [npm.resource(token), npm.secrets(token)];
const marked = Object.entries(certificate.properties!).map(([name, property]): [string, Property] => [
  name,
  { ...property, secret: secrets.includes(name) },
]);
const plugin: Resource = { ...certificate, properties: Object.fromEntries(marked) };
const compared = (changes: Resource, types = npm.types) =>
  disagreements("tls", { resources: { [token]: { ...plugin, ...changes } }, types });
const inputsWith = (changes: Record<string, Property>) => ({
  inputProperties: { ...plugin.inputProperties, ...changes },
});

test("finds no difference between a plugin and an npm package with the same schema", () => {
  expect(compared({})).toEqual([]);
});

test.each<[string, Resource]>([
  [`${token} inputs: the npm package has no dnsName`, inputsWith({ dnsName: { type: "string" } })],
  [`${token} inputs: allowedUses is required in the npm package`, { requiredInputs: [] }],
  [
    `${token} inputs: dnsNames is optional in the npm package`,
    { requiredInputs: ["allowedUses", "validityPeriodHours", "dnsNames"] },
  ],
  [`${token} inputs: dnsNames is array in the npm package, string here`, inputsWith({ dnsNames: { type: "string" } })],
  [`${token}: privateKeyPem is secret in the npm package only`, { properties: certificate.properties! }],
])("reports: %s", (disagreement, changes) => {
  expect(compared(changes)).toContain(disagreement);
});

test("compares nested objects too", () => {
  const [id, subject] = Object.entries(npm.types).find(([name]) => name.startsWith("inputs.") && /Subject/.test(name))!;
  const properties = { ...subject.properties, commonName: { type: "number" } as const };
  expect(compared({}, { ...npm.types, [id]: { ...subject, properties } })).toEqual([
    `${token} inputs: subject: commonName is string in the npm package, number here`,
  ]);
});

test("reports a resource that the npm package does not have", () => {
  expect(disagreements("tls", { resources: { "tls:index/selfSignedCer:SelfSignedCer": plugin } })).toEqual([
    "@pulumi/tls has no resource tls:index/selfSignedCer:SelfSignedCer; did you mean SelfSignedCert?",
  ]);
});
