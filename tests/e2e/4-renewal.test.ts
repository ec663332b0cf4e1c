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

/** What each program on each controller serves with: `CONTROLLER LEAF SHA-256`, sorted. */
async function served(): Promise<string[]> {
  const show = SERVERS.map(
    ([address, { certificate }]) =>
      `echo "${certificate} $(openssl s_client -connect ${address} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256)"`,
  );
  return lines(show.join("; "));
}

/** The same of the files. */
const filesOf = (leaves: KeyPairPaths[]): Promise<string[]> =>
  lines(
    leaves
      .map(
        ({ certificate }) =>
          `echo "${certificate} $(sudo openssl x509 -noout -fingerprint -sha256 -in ${certificate})"`,
      )
      .join("; "),
  );

const lines = async (command: string) =>
  (await onAll(context(), command))
    .flatMap(({ controller, stdout }) =>
      stdout
        .trim()
        .split("\n")
        .map((line) => `${controller.name} ${line}`),
    )
    .sort();

test("a renewal of every leaf restarts nothing, no request fails, and every program shows its new certificate", async () => {
  const { kubeconfig, controllers } = context().outputs;
  const leaves = machineLeaves.flatMap(({ file }) => file ?? []);
  const servers = SERVERS.map(([, leaf]) => leaf);
  const [before, files] = [await starts(), await filesOf(leaves)];
  expect(await served()).toEqual(await filesOf(servers));
  const signed = checkpoint(STACK).resources.flatMap(({ type, urn }) =>
    type === "tls:index/locallySignedCert:LocallySignedCert" ? ["--replace", urn] : [],
  );
  const outcome = await underLoad(kubeconfig, controllers[0]!.name, async (load) => {
    await load.continues(3);
    const { code, stdout } = await pulumi("up", "--yes", "--skip-preview", ...signed);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    // kube-apiserver, kube-controller-manager and kube-scheduler look once a minute, if nothing told them before.
    await until("every program serves with the file's certificate", 90, async () => {
      const [now, expected] = await Promise.all([served(), filesOf(servers)]);
      return now.join() === expected.join();
    });
    await load.continues(3);
  });
  expectNothingFailed(outcome);
  expect(restarted(before, await starts())).toEqual([]);
  const after = await filesOf(leaves);
  expect(after).toHaveLength(files.length);
  expect(after.filter((line) => files.includes(line))).toEqual([]);
  expect((await make("verify")).stdout).toMatch(ALL_OK);
}, 300_000);
