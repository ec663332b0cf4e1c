import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { capture, Finished, output } from "../../lib/process";
import { csrApproverScript } from "../../node/programs/csrApprover";

/** Runs the approver with this host's bash and openssl. kubectl is a stand-in, which shows one request and notes what is approved. */

let scratch: string;
const at = (...path: string[]) => join(scratch, ...path);
const hex = (text: string) => Buffer.from(text).toString("hex");

const KEYS: Record<string, string[]> = {
  p256: ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  p384: ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  p521: ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
  rsa2048: ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  rsa1024: ["RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
  ed25519: ["ED25519"],
};

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hardway-approver-test-"));
  mkdirSync(at("bin"));
  writeFileSync(at("approver"), csrApproverScript());
  for (const [name, algorithm] of Object.entries(KEYS))
    await output("openssl", ["genpkey", "-algorithm", ...algorithm, "-out", at(`${name}.key`)]);
  writeFileSync(
    at("bin", "kubectl"),
    `#!/bin/bash
case "$*" in
  "get certificatesigningrequests --watch "*) cat "${at("line")}" ;;
  "get configmap hardway-workers --namespace kube-system "*) cat "${at("machines")}" ;;
  "get --raw /api/v1/nodes/"*) [ -e "${at("node-")}\${3##*/}" ] ;;
  "replace --raw "*) echo "$3" >"${at("path")}"; cat >"${at("approval")}" ;;
  *) echo "kubectl does not know $*" >&2; exit 1 ;;
esac
`,
  );
  chmodSync(at("bin", "kubectl"), 0o755);
}, 60_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

beforeEach(() => {
  for (const name of ["approval", "path"]) rmSync(at(name), { force: true });
  writeFileSync(
    at("machines"),
    [`${hex("worker-0")} worker-0 10.240.16.10`, `${hex("worker-1")} worker-1 10.240.16.11`, ""].join("\n"),
  );
  writeFileSync(at("node-worker-0"), "");
});

interface Content {
  key: string;
  /** Lines of the section of openssl's configuration that has the subject. */
  subject: string[];
  sans: string | undefined;
  /** Further lines of the section with the extensions. */
  extensions: string[];
  /** How openssl encodes the subject. kubelet's is as "default". */
  strings: string;
}

interface Csr {
  state: string;
  name: string;
  signer: string;
  user: string;
  groups: string[];
  usages: string[];
  content: Partial<Content>;
  /** Changes the PEM. */
  edit: (pem: string) => string;
}

const RIGHT: Csr = {
  state: "pending",
  name: "csr-7xk2p",
  signer: "kubernetes.io/kubelet-serving",
  user: "system:node:worker-0",
  groups: ["system:nodes", "system:authenticated"],
  usages: ["digital signature", "server auth"],
  content: {},
  edit: (pem) => pem,
};
const SUBJECT = ["O = system:nodes", "CN = system:node:worker-0"];
const SANS = "DNS:worker-0,IP:10.240.16.10";

/** Makes a request for a certificate, in PEM. */
async function request(changes: Partial<Content>): Promise<string> {
  const { key, subject, sans, extensions, strings } = {
    key: "p256",
    subject: SUBJECT,
    sans: SANS,
    extensions: [] as string[],
    strings: "default",
    ...changes,
  };
  const lines = [
    "[req]",
    `string_mask = ${strings}`,
    "prompt = no",
    "distinguished_name = subject",
    "[subject]",
    ...subject,
    "[extensions]",
    ...(sans === undefined ? [] : [`subjectAltName = ${sans}`]),
    ...extensions,
  ];
  writeFileSync(at("request.cnf"), lines.join("\n"));
  const all = ["req", "-new", "-key", at(`${key}.key`), "-config", at("request.cnf")];
  const some = sans === undefined && extensions.length === 0 ? [] : ["-reqexts", "extensions"];
  return output("openssl", [...all, ...some]);
}

/** Lets the approver look at one request, `rounds` times. */
async function handle(changes: Partial<Csr> = {}, rounds = 1): Promise<Finished> {
  const csr = { ...RIGHT, ...changes };
  const base64 = Buffer.from(csr.edit(await request(csr.content))).toString("base64");
  const list = (texts: string[]) => texts.map((text) => `${hex(text)},`).join("");
  const fields = [hex(csr.name), hex(csr.signer), hex(csr.user), list(csr.groups), list(csr.usages)];
  // As the template of the script leaves out what is too long.
  const shown = base64.length > 5464 ? "" : base64;
  const all = [csr.state, "0d6f2f5c-0000-4000-8000-000000000001", "4711", ...fields.map((f) => `=${f}`), `=${shown}`];
  // The API shows a request again when it changes or goes away.
  writeFileSync(at("line"), `${all.join(" ")}\n`.repeat(rounds));
  const script = `source ${at("approver")}\n${"round\n".repeat(rounds)}true`;
  return capture("bash", ["--norc", "-c", script], {
    env: { PATH: `${at("bin")}:${process.env.PATH}`, WORKERS: "hardway-workers", APPROVER: "hardway:approver" },
  });
}

const approval = () =>
  existsSync(at("approval"))
    ? (JSON.parse(readFileSync(at("approval"), "utf8")) as {
        metadata: object;
        status: { conditions: { type: string; message: string }[] };
      })
    : undefined;

const right: [string, Partial<Csr>][] = [
  ["with a key of ECDSA P-256", {}],
  ["with a key of ECDSA P-384", { content: { key: "p384" } }],
  [
    "with a key of RSA, for key encipherment too",
    { content: { key: "rsa2048" }, usages: ["server auth", "key encipherment", "digital signature"] },
  ],
  ["for the address alone", { content: { sans: "IP:10.240.16.10" } }],
];

test.each(right)("what a kubelet asks for is approved %s", async (_, changes) => {
  const { stdout, stderr } = await handle(changes);
  expect({ stdout, stderr }).toEqual({
    stdout: "hardway: csr-7xk2p is approved: names and address are those of machine worker-0\n",
    stderr: "",
  });
  expect(readFileSync(at("path"), "utf8")).toBe(
    "/apis/certificates.k8s.io/v1/certificatesigningrequests/csr-7xk2p/approval\n",
  );
  // The API server refuses it for another request of the same name.
  expect(approval()).toMatchObject({
    metadata: { name: "csr-7xk2p", uid: "0d6f2f5c-0000-4000-8000-000000000001", resourceVersion: "4711" },
    status: {
      conditions: [
        {
          type: "Approved",
          status: "True",
          message: "hardway:approver: names and address are those of machine worker-0",
        },
      ],
    },
  });
});

const NOT_EXACT = "subject, names or extensions are not exactly those of machine worker-0";
const NOT_ONE_BLOCK = "its request is not one PEM block and nothing else";
const NOT_SERVER = "its usages are not those of a server";
const KEY_KIND = "its key is not ECDSA P-256 or P-384, or RSA of at least 2048 bits";
const NOT_MACHINE = "its user is not a machine in the ConfigMap hardway-workers";
const TOO_LONG = "its request is empty or longer than 4096 bytes";
const content = (changes: Partial<Content>): Partial<Csr> => ({ content: changes });
const sans = (text: string) => content({ sans: text });
const subject = (...lines: string[]) => content({ subject: lines });

/** Changes a character of the signature, which the last line of base64 but one belongs to. */
function otherSignature(pem: string): string {
  const lines = pem.trimEnd().split("\n");
  const line = lines.at(-3)!;
  lines[lines.length - 3] = line.slice(0, 40) + (line[40] === "A" ? "B" : "A") + line.slice(41);
  return `${lines.join("\n")}\n`;
}

const forged: [string, Partial<Csr>, string][] = [
  ["another signer", { signer: "kubernetes.io/kube-apiserver-client" }, "its signer is another one"],
  ["a signer that only begins right", { signer: "kubernetes.io/kubelet-serving2" }, "its signer is another one"],
  ["a user that is not a node", { user: "mallory" }, "its user is not a node"],
  ["a user without a node's name", { user: "system:node:" }, "its user is not a node"],
  ["the user of another machine", { user: "system:node:worker-1" }, NOT_EXACT.replace("worker-0", "worker-1")],
  ["a user of no machine", { user: "system:node:worker-2" }, NOT_MACHINE],
  ["a user with a pattern for its name", { user: "system:node:*" }, NOT_MACHINE],
  ["a user with a line break in its name", { user: "system:node:worker-0\nworker-1" }, NOT_MACHINE],
  [
    "a user outside the nodes' group",
    { groups: ["system:authenticated"] },
    "its user is not in the group of the nodes",
  ],
  ["a group that contains the nodes'", { groups: ["xsystem:nodes,"] }, "its user is not in the group of the nodes"],
  ["client auth", { usages: ["digital signature", "client auth"] }, NOT_SERVER],
  ["client auth besides", { usages: ["digital signature", "server auth", "client auth"] }, NOT_SERVER],
  ["no usage of a server", { usages: ["digital signature"] }, NOT_SERVER],
  ["no usages", { usages: [] }, NOT_SERVER],
  ["another node's name and address", sans("DNS:worker-1,IP:10.240.16.11"), NOT_EXACT],
  ["another node's address", sans("DNS:worker-0,IP:10.240.16.11"), NOT_EXACT],
  ["another node's address besides", sans(`${SANS},IP:10.240.16.11`), NOT_EXACT],
  ["one more DNS name", sans(`${SANS},DNS:kubernetes`), NOT_EXACT],
  ["the name without the address", sans("DNS:worker-0"), NOT_EXACT],
  [
    "a DNS name that looks like name and address",
    content({ sans: "@names", extensions: ["[names]", "DNS.1 = worker-0\\, IP Address:10.240.16.10"] }),
    NOT_EXACT,
  ],
  ["a wildcard", sans(`${SANS},DNS:*`), NOT_EXACT],
  ["an address of IPv6", sans(`${SANS},IP:::1`), NOT_EXACT],
  ["an email address", sans(`${SANS},email:a@example.com`), NOT_EXACT],
  ["a URI", sans(`${SANS},URI:spiffe://cluster/admin`), NOT_EXACT],
  ["no names", sans(undefined as unknown as string), NOT_EXACT],
  ["CA:TRUE", content({ extensions: ["basicConstraints = CA:TRUE"] }), NOT_EXACT],
  ["another extended key usage", content({ extensions: ["extendedKeyUsage = clientAuth"] }), NOT_EXACT],
  ["another node's subject", subject(SUBJECT[0]!, "CN = system:node:worker-1"), NOT_EXACT],
  ["one more organization", subject("0.O = system:nodes", "1.O = system:masters", SUBJECT[1]!), NOT_EXACT],
  ["one more common name", subject(SUBJECT[0]!, "0.CN = system:node:worker-0", "1.CN = admin"), NOT_EXACT],
  ["a unit in its subject", subject(...SUBJECT, "OU = x"), NOT_EXACT],
  ["another organization", subject("O = system:masters", SUBJECT[1]!), NOT_EXACT],
  ["no organization", subject(SUBJECT[1]!), NOT_EXACT],
  ["a subject in another encoding", content({ strings: "utf8only" }), NOT_EXACT],
  ["a signature of another key", { edit: otherSignature }, "its request is not signed with its own key"],
  ["RSA of 1024 bits", content({ key: "rsa1024" }), KEY_KIND],
  ["ECDSA P-521", content({ key: "p521" }), KEY_KIND],
  ["Ed25519", content({ key: "ed25519" }), KEY_KIND],
  ["two PEM blocks", { edit: (pem) => pem + pem }, NOT_ONE_BLOCK],
  ["text before the block", { edit: (pem) => `x\n${pem}` }, NOT_ONE_BLOCK],
  ["a zero byte after the block", { edit: (pem) => `${pem}\0` }, NOT_ONE_BLOCK],
  ["another kind of block", { edit: (pem) => pem.replace(/CERTIFICATE/g, "NEW CERTIFICATE") }, NOT_ONE_BLOCK],
  ["no block", { edit: () => "$(touch /tmp/x)" }, NOT_ONE_BLOCK],
  ["an empty request", { edit: () => "" }, TOO_LONG],
  ["more than 4096 bytes", { edit: (pem) => pem.padEnd(4099, "\n") }, TOO_LONG],
];

test.each(forged)("a request with %s stays pending", async (_, changes, reason) => {
  writeFileSync(at("node-worker-1"), "");
  const { stdout, stderr } = await handle(changes);
  expect({ stdout, stderr }).toEqual({ stdout: `hardway: csr-7xk2p stays pending: ${reason}\n`, stderr: "" });
  expect(approval()).toBeUndefined();
});

test.each([["../../../api/v1/secrets"], ["csr-1 csr-2"], ["csr-1\nhardway: csr-2 is approved"], ["-csr"], ["CSR"]])(
  "a request whose name is %j is not handled, and its name not shown",
  async (name) => {
    const { stdout } = await handle({ name });
    expect(stdout).toBe(
      "hardway: a request with another name than kubelets give stays pending: its name must have a-z, 0-9, - and . only\n",
    );
    expect(approval()).toBeUndefined();
  },
);

test("what a person or another controller has decided is left alone", async () => {
  expect(await handle({ state: "decided" })).toMatchObject({ stdout: "", stderr: "" });
  expect(approval()).toBeUndefined();
});

test("a request waits for its machine's entry and for its Node, and the reason is said once", async () => {
  writeFileSync(at("machines"), "");
  expect((await handle({}, 3)).stdout).toBe(`hardway: csr-7xk2p stays pending: ${NOT_MACHINE}\n`);
  writeFileSync(at("machines"), `${hex("worker-0")} worker-0 10.240.16.10\n`);
  rmSync(at("node-worker-0"));
  expect((await handle()).stdout).toBe("hardway: csr-7xk2p stays pending: there is no Node worker-0\n");
  writeFileSync(at("node-worker-0"), "");
  await handle();
  expect(approval()).toBeDefined();
});

test.each(["", "10.240.16", "10.240.16.256", "10.240.16.10 10.240.16.11", "worker-0", "010.240.16.10"])(
  "an entry with the address %j is no machine",
  async (address) => {
    writeFileSync(at("machines"), `${hex("worker-0")} worker-0 ${address}\n`);
    expect((await handle()).stdout).toBe(`hardway: csr-7xk2p stays pending: ${NOT_MACHINE}\n`);
  },
);
