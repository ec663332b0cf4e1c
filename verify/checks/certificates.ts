import { X509Certificate } from "crypto";
import { addressAt } from "../../lib/ipv4";
import { adminLeaf, authorities, Leaf, machineLeaves, Usage } from "../../node/certificates";
import { CertificateHost } from "../../node/certificateNames";
import { readKubeconfig } from "../api";
import { ask, asRoot, judge } from "../ask";
import { Check, Context, verdict } from "../check";

/** Object identifiers of the extended key usages. Source: RFC 5280, section 4.2.1.12. */
const USAGES: Record<Usage, string> = { server_auth: "1.3.6.1.5.5.7.3.1", client_auth: "1.3.6.1.5.5.7.3.2" };

/**
 * A certificate fails in its last days, and in its last tenth when that is shorter. For a leaf that is after an update should
 * have renewed it: updates do so in its last `renewBeforeDays`, by default 30 of 365. No update renews an authority, so
 * there must be time to replace it.
 */
const LAST_DAYS = { leaf: 7, authority: 30 };
const LAST_PART = 0.1;

const AUTHORITY_FILES: string[] = Object.values(authorities).flatMap(({ files }) => files);
const COUNT = AUTHORITY_FILES.length + machineLeaves.length;

export const certificates: Check = {
  name: "certificates: usages, SANs, days left",
  async run(context) {
    const asked = await ask(context, READ_ALL);
    const ends = asked.answers.flatMap(({ stdout }) => [...parse(stdout).values()].map(daysLeft));
    const judged = judge(
      asked,
      ({ controller, stdout }) =>
        complaints(parse(stdout), hostOf(controller, context), context).map((c) => `${controller.name}: ${c}`),
      (answers) => `${COUNT} on each of ${answers.length}, the first ends in ${Math.floor(Math.min(...ends))} days`,
    );
    const administrator = administratorProblems(context);
    const seen = judged.ok && administrator.length > 0 ? { ...judged, ...verdict(administrator, "") } : judged;
    // No certificate becomes right by waiting.
    return { ...seen, final: asked.failures.length === 0 && asked.unreached.length === 0 };
  },
};

const pathOf = ({ file }: Leaf) => file?.certificate ?? "";

/** Prints public parts only. A missing file prints nothing. */
const READ_ALL = asRoot(
  [...AUTHORITY_FILES, ...machineLeaves.map(pathOf)]
    .map((path) => `{ echo '# ${path}'; cat ${path}; } 2>/dev/null`)
    .join("; ") + "; true",
);

/** Certificates by path. One that cannot be read is left out. */
function parse(stdout: string): Map<string, X509Certificate> {
  const blocks = stdout.matchAll(/# (\S+)\n(-----BEGIN CERTIFICATE-----[^#]+)/g);
  return new Map(
    [...blocks].flatMap(([, path, pem]) => {
      try {
        return [[path!, new X509Certificate(pem!)]];
      } catch {
        return [];
      }
    }),
  );
}

const DAY_MS = 86_400_000;
const daysLeft = (certificate: X509Certificate) => (Date.parse(certificate.validTo) - Date.now()) / DAY_MS;

function complaints(found: Map<string, X509Certificate>, host: CertificateHost, { stack }: Context): string[] {
  const each = (path: string, problems: (certificate: X509Certificate) => string[]) => {
    const certificate = found.get(path);
    return certificate === undefined
      ? [`${path} is missing or unreadable`]
      : problems(certificate).map((problem) => `${path} ${problem}`);
  };
  return [
    ...AUTHORITY_FILES.flatMap((path) => each(path, authorityProblems)),
    ...machineLeaves.flatMap((leaf) =>
      each(pathOf(leaf), (certificate) => [
        ...leafProblems(certificate, leaf, stack),
        ...nameProblems(certificate, leaf, host),
      ]),
    ),
  ];
}

const makeUp = (stack: string) => `make up${stack === "local" ? "" : ` STACK=${stack}`}`;

/** The administrator's certificate is on no machine. When it ends, every request of this program is refused. */
function administratorProblems({ outputs, stack }: Context): string[] {
  const certificate = new X509Certificate(readKubeconfig(outputs.kubeconfig).client.cert);
  return leafProblems(certificate, adminLeaf, stack).map(
    (problem) => `the output kubeconfig: its certificate ${problem}`,
  );
}

function authorityProblems(certificate: X509Certificate): string[] {
  return [
    ...(certificate.ca ? [] : ["must be an authority's"]),
    ...endProblems(certificate, LAST_DAYS.authority, "no update renews it: make new authorities in good time"),
  ];
}

function leafProblems(certificate: X509Certificate, leaf: Leaf, stack: string): string[] {
  return [
    ...(certificate.ca ? ["must not be an authority's"] : []),
    ...usageProblems(certificate, leaf.usages),
    ...endProblems(certificate, LAST_DAYS.leaf, `${makeUp(stack)} renews it`),
  ];
}

/** `wayOut` says what to do about a certificate that has ended or is about to. */
function endProblems(certificate: X509Certificate, lastDays: number, wayOut: string): string[] {
  const days = daysLeft(certificate);
  const lifetime = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY_MS;
  if (days < 0) return [`ended on ${certificate.validTo}; ${wayOut}`];
  return days > Math.min(lastDays, lifetime * LAST_PART) ? [] : [`ends in ${days.toFixed(1)} days; ${wayOut}`];
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
