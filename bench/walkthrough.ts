import { join } from "path";
import { makeDocumentFiles } from "./certificates";
import { create, PROJECT_URL, read, REGION } from "./compute";
import { MACHINES, makeMachines } from "./machines";
import { quietly } from "./quiet";
import { ETCD_RELEASE, ETCD_URL, KUBERNETES_URL } from "./releases";
import { names } from "./rows";
import { add, Samples, timed } from "./samples";
import { Shell } from "./shell";

const ADDRESS = "kubernetes-the-hard-way";

/**
 * Measures the chapters of Kubernetes the Hard Way about etcd and the control plane, as a serial script (walkthrough.sh). The
 * time includes the creation of the machines. It does not include certificates and kubeconfigs, nor copying them to the
 * machines, because earlier chapters do that.
 */
export async function measureWalkthrough(scratch: string, samples: Samples): Promise<void> {
  const shell = await Shell.open(scratch);
  try {
    const machines = await timed(async () => {
      await create(`/regions/${REGION}/addresses`, { name: ADDRESS });
      await makeMachines(shell);
    });
    const publicIp = (await read<{ address: string }>(`/regions/${REGION}/addresses/${ADDRESS}`))!.address;
    const { directory, all } = await makeDocumentFiles(scratch, publicIp);
    await Promise.all(MACHINES.map(({ name }) => shell.copy(name, all)));

    const env = {
      PATH: process.env.PATH,
      SSH_CONFIG: shell.config,
      CA: join(directory, "ca.pem"),
      PROJECT_URL,
      REGION,
      KUBERNETES_PUBLIC_ADDRESS: publicIp,
      KUBERNETES_URL,
      ETCD_URL,
      ETCD_RELEASE,
    };
    const log = join(scratch, "walkthrough.log");
    const script = await timed(() => quietly("bash", [join(__dirname, "walkthrough.sh")], { env, log }));
    add(samples, names.walkthroughMachines, machines.seconds);
    add(samples, names.walkthrough, machines.seconds + script.seconds);
  } finally {
    await shell.close();
  }
}
