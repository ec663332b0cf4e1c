import { X509Certificate } from "crypto";
import { addressAt } from "../../lib/ipv4";
import { authorities, Leaf, machineLeaves, Usage } from "../../node/certificates";
import { CertificateHost } from "../../node/certificateNames";
import { ask, asRoot, judge } from "../ask";
import { Check, Context } from "../check";

/** Object identifiers of the extended key usages. Source: RFC 5280, section 4.2.1.12. */
const USAGES: Record<Usage, string> = { server_auth: "1.3.6.1.5.5.7.3.1", client_auth: "1.3.6.1.5.5.7.3.2" };

/**
 * A leaf in its last tenth, or its last week, was not renewed in time: an update renews it in its last `renewBeforeDays`,
 * which are 30 of 365 days by default.
 */
const LAST_DAYS = 7;
const LAST_PART = 0.1;

const AUTHORITY_FILES: string[] = Object.values(authorities).flatMap(({ files }) => files);
const COUNT = AUTHORITY_FILES.length + machineLeaves.length;

export const certificates: Check = {
  name: "certificates: usages, SANs, days left",
  async run(context) {
    const asked = await ask(context, READ_ALL);
    const ends = asked.answers.flatMap(({ stdout }) => [...parse(stdout).values()].map(daysLeft));
    const seen = judge(
      asked,
      ({ controller, stdout }) =>
        complaints(parse(stdout), hostOf(controller, context), context).map((c) => `${controller.name}: ${c}`),
      (answers) => `${COUNT} on each of ${answers.length}, the first ends in ${Math.floor(Math.min(...ends))} days`,
    );
    // No certificate becomes right by waiting.
    return { ...seen, final: asked.failures.length === 0 && asked.unreached.length === 0 };
  },
};

const kubeconfigOf = ({ file }: Leaf) => (file && "kubeconfig" in file ? file.kubeconfig : undefined);
const pathOf = (leaf: Leaf) => kubeconfigOf(leaf) ?? (leaf.file && "key" in leaf.file ? leaf.file.certificate : "");

/** Prints public parts only: PEM files, and the client certificate of each kubeconfig. A missing file prints nothing. */
const READ_ALL = asRoot(
  [...AUTHORITY_FILES.map(readFile), ...machineLeaves.map(readLeaf)]
    .map((command) => `{ ${command}; } 2>/dev/null`)
    .join("; ") + "; true",
);

function readFile(path: string): string {
  return `echo '# ${path}'; cat ${path}`;
}

function readLeaf(leaf: Leaf): string {
  const path = kubeconfigOf(leaf);
  return path === undefined
    ? readFile(pathOf(leaf))
    : `echo '# ${path}'; sed -n 's/.*client-certificate-data: //p' ${path} | base64 -d`;
}

/** Certificates by path. */
function parse(stdout: string): Map<string, X509Certificate> {
  const blocks = stdout.matchAll(/# (\S+)\n(-----BEGIN CERTIFICATE-----[^#]+)/g);
  return new Map([...blocks].map(([, path, pem]) => [path!, new X509Certificate(pem!)]));
}

const daysLeft = (certificate: X509Certificate) => (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;

function complaints(found: Map<string, X509Certificate>, host: CertificateHost, { stack }: Context): string[] {
  const renew = `make up${stack === "local" ? "" : ` STACK=${stack}`}`;
  const each = (path: string, problems: (certificate: X509Certificate) => string[]) => {
    const certificate = found.get(path);
    return certificate === undefined
      ? [`${path} is missing; ${renew} writes it`]
      : problems(certificate).map((problem) => `${path} ${problem}`);
  };
  return [
    ...AUTHORITY_FILES.flatMap((path) =>
      each(path, (certificate) => [...(certificate.ca ? [] : ["must be an authority's"]), ...endProblems(certificate)]),
    ),
    ...machineLeaves.flatMap((leaf) =>
      each(pathOf(leaf), (certificate) => [
        ...(certificate.ca ? ["must not be an authority's"] : []),
        ...usageProblems(certificate, leaf.usages),
        ...nameProblems(certificate, leaf, host),
        ...renewalProblems(certificate).map((problem) => `${problem}; ${renew} renews it`),
      ]),
    ),
  ];
}

function endProblems(certificate: X509Certificate): string[] {
  return daysLeft(certificate) < 0 ? [`ended on ${certificate.validTo}`] : [];
}

function renewalProblems(certificate: X509Certificate): string[] {
  const ended = endProblems(certificate);
  const days = daysLeft(certificate);
  const lifetime = days + (Date.now() - Date.parse(certificate.validFrom)) / 86_400_000;
  if (ended.length > 0 || days > Math.min(LAST_DAYS, lifetime * LAST_PART)) return ended;
  return [`ends in ${days.toFixed(1)} days`];
}

function usageProblems(certificate: X509Certificate, expected: Usage[]): string[] {
  // Node gives the extended key usages under the name keyUsage.
  const usages = [...(certificate.keyUsage ?? [])].sort().join();
  const names = Object.fromEntries(Object.entries(USAGES).map(([name, oid]) => [oid, name]));
  const named = usages.split(",").map((oid) => names[oid] ?? oid);
  return usages ===
    expected
      .map((usage) => USAGES[usage])
      .sort()
      .join()
    ? []
    : [`must be for ${expected.join(" and ")}, and is for ${usages ? named.join(" and ") : "nothing"}`];
}

function nameProblems(certificate: X509Certificate, leaf: Leaf, host: CertificateHost): string[] {
  if (leaf.names === undefined) return [];
  const { dnsNames, ipAddresses } = leaf.names(host);
  const present = (certificate.subjectAltName ?? "").split(", ").map((name) => name.replace(/^(DNS|IP Address):/, ""));
  // The outputs do not say the cluster's domain, so its names are left out.
  const required = [...dnsNames.filter((name) => !name.endsWith(".")), ...ipAddresses];
  const missing = required.filter((name) => !present.includes(name));
  return missing.length === 0 ? [] : [`must name ${missing.join(", ")}`];
}

function hostOf({ name, internalIp }: { name: string; internalIp: string }, { outputs }: Context): CertificateHost {
  const { publicIp, serviceCidr } = outputs;
  return { machineName: name, internalIp, publicIp, apiServiceIp: addressAt(serviceCidr, 1), clusterDomain: "" };
}
