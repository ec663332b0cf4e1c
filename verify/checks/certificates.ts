import { X509Certificate } from "crypto";
import { directories, KeyPairPaths, paths } from "../../node/layout";
import { Check, Context, onAll, verdict } from "../check";

const SERVER = "1.3.6.1.5.5.7.3.1";
const CLIENT = "1.3.6.1.5.5.7.3.2";

/** Each leaf on a controller with the extended key usages it must have, and no other. */
const LEAVES: [KeyPairPaths, string[]][] = [
  [paths.etcdServer, [SERVER]],
  [paths.etcdPeer, [SERVER, CLIENT]],
  [paths.etcdOperator, [CLIENT]],
  [paths.apiserver, [SERVER]],
  [paths.apiserverEtcdClient, [CLIENT]],
  [paths.kubeletClient, [CLIENT]],
  [paths.frontProxyClient, [CLIENT]],
  [paths.controllerManager, [SERVER]],
  [paths.scheduler, [SERVER]],
  [paths.healthClient, [CLIENT]],
];
const IN_KUBECONFIGS: string[] = [paths.controllerManagerKubeconfig, paths.schedulerKubeconfig];
const AUTHORITIES: string[] = [paths.etcdCa, paths.ca, paths.frontProxyCa];

interface Found {
  controller: string;
  path: string;
  certificate: X509Certificate;
}

export const certificates: Check = {
  name: "certificates: usages, SANs, days left",
  async run(context) {
    const found = await readAll(context);
    const perNode = LEAVES.length + IN_KUBECONFIGS.length + AUTHORITIES.length;
    const complaints = context.outputs.controllers.flatMap(({ name, internalIp }) => {
      const here = found.filter((f) => f.controller === name);
      return [
        ...(here.length === perNode ? [] : [`${name}: ${here.length} certificates, expected ${perNode}`]),
        ...here.flatMap(({ path, certificate }) => problems(path, certificate).map((p) => `${name}: ${path} ${p}`)),
        ...missingNames(here, [internalIp, context.outputs.publicIp, name]).map(
          (n) => `${name}: apiserver.crt lacks ${n}`,
        ),
      ];
    });
    const days = Math.floor(Math.min(...found.map(({ certificate }) => daysLeft(certificate))));
    return verdict(
      complaints,
      `${perNode} on each of ${context.outputs.controllers.length}, the first ends in ${days} days`,
    );
  },
};

/** Reads public parts only: PEM files, and the client certificate out of each kubeconfig. */
async function readAll(context: Context): Promise<Found[]> {
  const files = [...LEAVES.map(([pair]) => pair.certificate), ...AUTHORITIES];
  const command = [
    ...files.map((path) => `echo '# ${path}'; sudo cat ${path}`),
    ...IN_KUBECONFIGS.map(
      (path) => `echo '# ${path}'; sudo sed -n 's/.*client-certificate-data: //p' ${path} | base64 -d`,
    ),
  ].join("; ");
  const answers = await onAll(context, `cd ${directories.config} && { ${command}; }`);
  return answers.flatMap(({ controller, stdout }) =>
    [...stdout.matchAll(/# (\S+)\n(-----BEGIN CERTIFICATE-----[^#]+)/g)].map((match) => ({
      controller: controller.name,
      path: match[1]!,
      certificate: new X509Certificate(match[2]!),
    })),
  );
}

const daysLeft = (certificate: X509Certificate) => (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;

function problems(path: string, certificate: X509Certificate): string[] {
  const expected =
    LEAVES.find(([pair]) => pair.certificate === path)?.[1] ?? (IN_KUBECONFIGS.includes(path) ? [CLIENT] : []);
  // Node's name for the extended key usages, as OIDs.
  const usages = certificate.keyUsage ?? [];
  return [
    ...([...usages].sort().join() === [...expected].sort().join() ? [] : [`has usages ${usages.join(", ") || "none"}`]),
    ...(certificate.ca === AUTHORITIES.includes(path) ? [] : [certificate.ca ? "is an authority" : "is no authority"]),
    ...(daysLeft(certificate) > 0 ? [] : [`ended on ${certificate.validTo}`]),
  ];
}

function missingNames(here: Found[], own: string[]): string[] {
  const san = here.find((f) => f.path === paths.apiserver.certificate)?.certificate.subjectAltName ?? "";
  const names = san.split(", ").map((entry) => entry.replace(/^(DNS|IP Address):/, ""));
  return [...own, "127.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc"].filter(
    (n) => !names.includes(n),
  );
}
