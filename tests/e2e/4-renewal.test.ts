import { underLoad } from "../../load/load";
import { machineLeaves } from "../../node/certificates";
import { KeyPairPaths, paths, ports, units } from "../../node/layout";
import { onAll } from "../../verify/check";
import { checkpoint } from "./interrupt/checkpoint";
import { expectNothingFailed } from "./load/nothingFailed";
import { restarted, starts as startsOf } from "./restarts";
import { ALL_OK, make, pulumi, STACK, until, useContext } from "./support";

/** The renewal of leaves that are not due yet. Programs read the new ones by themselves. */

const context = useContext();
const starts = () => startsOf(context().ssh, context().outputs.controllers, Object.values(units));

/** Where programs serve, as a shell on the machine writes it, and the leaf that they show. */
const SERVERS: [address: string, leaf: KeyPairPaths][] = [
  [`127.0.0.1:${ports.api}`, paths.apiserver],
  [`127.0.0.1:${ports.etcdClient}`, paths.etcdServer],
  [`$(hostname --all-ip-addresses | cut -d' ' -f1):${ports.etcdPeer}`, paths.etcdPeer],
  [`127.0.0.1:${ports.controllerManager}`, paths.controllerManager],
  [`127.0.0.1:${ports.scheduler}`, paths.scheduler],
];

/** On each controller, the digest of each certificate that a command prints: `CONTROLLER PATH DIGEST`, sorted. */
async function digests(certificates: [path: string, command: string][]): Promise<string[]> {
  const show = certificates.map(
    ([path, command]) => `echo "${path} $(${command} 2>/dev/null | openssl x509 -noout -fingerprint -sha256)"`,
  );
  const shown = await onAll(context(), show.join("; "));
  return shown
    .flatMap(({ controller, stdout }) =>
      stdout
        .trim()
        .split("\n")
        .map((line) => `${controller.name} ${line}`),
    )
    .sort();
}

const inFiles = (leaves: KeyPairPaths[]) =>
  digests(leaves.map(({ certificate }) => [certificate, `sudo cat ${certificate}`]));
const served = () =>
  digests(
    SERVERS.map(([address, { certificate }]) => [certificate, `openssl s_client -connect ${address} </dev/null`]),
  );

test("a renewal of every leaf restarts nothing, no request fails, and every program shows its new certificate", async () => {
  const { kubeconfig, controllers } = context().outputs;
  const leaves = machineLeaves.flatMap(({ file }) => file ?? []);
  const servers = SERVERS.map(([, leaf]) => leaf);
  const [before, files] = [await starts(), await inFiles(leaves)];
  expect(await served()).toEqual(await inFiles(servers));
  const signed = checkpoint(STACK).resources.flatMap(({ type, urn }) =>
    type === "tls:index/locallySignedCert:LocallySignedCert" ? ["--replace", urn] : [],
  );
  const outcome = await underLoad(kubeconfig, controllers[0]!.name, async (load) => {
    await load.continues(3);
    const { code, stdout } = await pulumi("up", "--yes", "--skip-preview", ...signed);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    // kube-apiserver, kube-controller-manager and kube-scheduler look once a minute, if nothing told them before.
    await until("every program serves with the file's certificate", 90, async () => {
      const [now, expected] = await Promise.all([served(), inFiles(servers)]);
      return now.join() === expected.join();
    });
    await load.continues(3);
  });
  expectNothingFailed(outcome);
  expect(restarted(before, await starts())).toEqual([]);
  const after = await inFiles(leaves);
  expect(after).toHaveLength(files.length);
  expect(after.filter((line) => files.includes(line))).toEqual([]);
  expect((await make("verify")).stdout).toMatch(ALL_OK);
}, 300_000);
