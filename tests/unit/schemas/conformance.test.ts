import { Conformance } from "./conformance";

const FIREWALL = "gcp:compute/firewall:Firewall";
const rule = { network: "n", allows: [{ protocol: "tcp", ports: ["22"] }] };
const connection = { host: "h", user: "u" };
let conformance: Conformance;
beforeEach(() => (conformance = new Conformance()));

test("accepts inputs and outputs that follow the schema, secrets included", () => {
  const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: connection };
  conformance.resource("ssh", FIREWALL, rule, { selfLink: "link" });
  conformance.resource("step", "command:remote:Command", { connection: secret, logging: "stderr" }, {});
  conformance.resource("api", "pulumi:providers:kubernetes", { deleteUnreachable: "true" }, {});
  expect(conformance.problems).toEqual([]);
});

test.each([
  ["a misspelt property", { ...rule, sourceRangess: [] }, "sourceRangess is unknown; did you mean sourceRanges?"],
  ["a missing property", { allows: rule.allows }, "network is missing"],
  ["text for a number", { ...rule, priority: "9" }, 'priority is "9", not a number'],
  ["one value for a list", { ...rule, targetTags: "t" }, 'targetTags is "t", not a list'],
  ["a wrong element of a list", { ...rule, targetTags: ["t", 1] }, "targetTags[1] is 1, not a string"],
  [
    "a misspelt property of a nested object",
    { ...rule, allows: [{ protocol: "tcp", port: ["22"] }] },
    "allows[0].port is unknown; did you mean ports?",
  ],
  ["a missing property of a nested object", { ...rule, allows: [{}] }, "allows[0].protocol is missing"],
  ["text for an object", { ...rule, allows: ["tcp"] }, 'allows[0] is "tcp", not an object'],
])("refuses %s, and names its path", (_, inputs, problem) => {
  conformance.resource("ssh", FIREWALL, inputs, {});
  expect(conformance.problems).toEqual([`ssh (${FIREWALL}): inputs.${problem}`]);
});

test.each([
  [
    "command:remote:Command",
    { connection, logging: "stdrr" },
    'logging is "stdrr", not "stdout" or "stderr" or "stdoutAndStderr" or "none"',
  ],
  ["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", { kind: "Role" }, 'kind is "Role", not "ClusterRole"'],
  ["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", { rules: [{ verb: ["*"] }] }, "rules[0].verbs is missing"],
  [
    "kubernetes:core/v1:Service",
    { spec: { ports: [{ port: 1, targetPort: {} }] } },
    "spec.ports[0].targetPort is {}, not a number",
  ],
  ["kubernetes:core/v1:ConfigMap", { data: { key: 1 } }, 'data["key"] is 1, not a string'],
  ["pulumi:providers:kubernetes", { deleteUnreachable: '"yes"' }, 'deleteUnreachable is "yes", not a boolean'],
  [
    "tls:index/certRequest:CertRequest",
    { privateKeyPem: "p", subject: { commonNam: "c" } },
    "subject.commonNam is unknown; did you mean commonName?",
  ],
])("for %s, refuses %j", (token, inputs, problem) => {
  conformance.resource("r", token, inputs, {});
  expect(conformance.problems).toContain(`r (${token}): inputs.${problem}`);
});

test("refuses an argument that a resource's class would drop", () => {
  conformance.args("ssh", FIREWALL, { ...rule, source_ranges: [] });
  expect(conformance.problems).toEqual([
    `ssh (${FIREWALL}): inputs.source_ranges is unknown; did you mean sourceRanges?`,
  ]);
});

test("refuses an invented output that the provider does not have, or that has another type", () => {
  conformance.resource("ssh", FIREWALL, rule, { selfLinks: "l", creationTimestamp: 1 });
  conformance.resource("step", "command:remote:Command", { connection }, { connection: { host: "h", prot: 22 } });
  expect(conformance.problems).toEqual([
    `ssh (${FIREWALL}): outputs.selfLinks is unknown; did you mean selfLink?`,
    `ssh (${FIREWALL}): outputs.creationTimestamp is 1, not a string`,
    "step (command:remote:Command): outputs.connection.prot is unknown; did you mean port?",
  ]);
});

test("refuses the use of an output that the mocks leave out, at any depth", () => {
  const nic = { networkIp: "10.0.0.2" };
  const instance = { bootDisk: {}, machineType: "m", networkInterfaces: [nic] };
  const state = conformance.resource("vm", "gcp:compute/instance:Instance", instance, {});
  const [{ name }] = state.networkInterfaces as [{ name: string }];
  conformance.resource("ssh", FIREWALL, { ...rule, network: state.selfLink, description: `on ${name}` }, {});
  const output = "which the mocks do not give";
  expect(conformance.problems).toEqual([
    `ssh (${FIREWALL}): inputs holds vm (gcp:compute/instance:Instance): outputs.selfLink, ${output}`,
    `ssh (${FIREWALL}): inputs holds vm (gcp:compute/instance:Instance): outputs.networkInterfaces[0].name, ${output}`,
  ]);
});

test("checks a function's arguments and answer against its schema", () => {
  const token = "gcp:compute/getInstanceGuestAttributes:getInstanceGuestAttributes";
  conformance.call(token, { nam: "n" }, { queryValues: [{ keys: "k" }] });
  expect(conformance.problems).toEqual([
    `${token}: inputs.name is missing`,
    `${token}: inputs.nam is unknown; did you mean name?`,
    `${token}: outputs.queryValues[0].keys is unknown; did you mean key?`,
  ]);
});

test.each([
  ["gcp:compute/firewal:Firewal", "Firewall"],
  ["tls:index/privatKey:PrivatKey", "PrivateKey"],
  ["kubernetes:rbac.authorization.k8s.io/v1:ClusterRoles", "ClusterRole"],
])("refuses %s, which is not a resource, and suggests %s", (token, near) => {
  expect(() => conformance.resource("r", token, {}, {})).toThrow(`has no resource ${token}; did you mean ${near}?`);
});
