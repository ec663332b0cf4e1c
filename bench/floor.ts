import { readFileSync } from "fs";
import * as https from "https";
import { basename, join } from "path";
import { DocumentFiles, makeDocumentFiles } from "./certificates";
import { until } from "./interrupt";
import { addressOf, Machine, MACHINES, makeMachines } from "./machines";
import { ETCD_RELEASE, ETCD_URL, KUBERNETES_URL } from "./releases";
import { names } from "./rows";
import { add, Samples, timed } from "./samples";
import { Shell } from "./shell";

/**
 * Measures the floor, the time that no tool can beat: three machines start, download the same programs and start them, with
 * one SSH session for each machine, all in parallel. Certificates are made before. Ends when every program on every machine
 * is healthy.
 */
export async function measureFloor(scratch: string, samples: Samples): Promise<void> {
  const shell = await Shell.open(scratch);
  try {
    const files = await makeDocumentFiles(scratch);
    const machines = await timed(() => makeMachines(shell));
    const rest = await timed(() =>
      Promise.all(
        MACHINES.map(async (machine) => {
          await shell.run(machine.name, script(machine, files));
          await ready(await addressOf(machine), machine, files);
        }),
      ),
    );
    add(samples, names.floorMachines, machines.seconds);
    add(samples, names.floor, machines.seconds + rest.seconds);
  } finally {
    await shell.close();
  }
}

/** The least configuration that makes an etcd cluster with TLS and a control plane. */
function script({ name, internalIp }: Machine, files: DocumentFiles): string {
  const clients = MACHINES.map((m) => `https://${m.internalIp}:2379`).join();
  const peers = MACHINES.map((m) => `${m.name}=https://${m.internalIp}:2380`).join();
  const trust = (prefix: string) =>
    `--${prefix}cert-file=kubernetes.pem --${prefix}key-file=kubernetes-key.pem --${prefix}trusted-ca-file=ca.pem`;
  const put = files.all.map((file) => `base64 -d >${basename(file)} <<<${readFileSync(file).toString("base64")}`);
  return `cd /root
${put.join("\n")}
fetch() { curl -fsSo /usr/local/bin/$1 ${KUBERNETES_URL}/$1; chmod +x /usr/local/bin/$1; }
fetch kube-apiserver & apiserver=$!
for name in kube-controller-manager kube-scheduler kubectl; do fetch $name & done
curl -fsS ${ETCD_URL} | tar -xzC /usr/local/bin --strip-components=1 ${ETCD_RELEASE}/etcd{,ctl,utl}
systemd-run --quiet --working-directory=/root etcd --name=${name} --data-dir=/var/lib/etcd \\
  --listen-client-urls=https://0.0.0.0:2379 --advertise-client-urls=https://${internalIp}:2379 \\
  --listen-peer-urls=https://${internalIp}:2380 --initial-advertise-peer-urls=https://${internalIp}:2380 \\
  --initial-cluster=${peers} --client-cert-auth --peer-client-cert-auth ${trust("")} ${trust("peer-")}
wait $apiserver
systemd-run --quiet --working-directory=/root kube-apiserver --etcd-servers=${clients} \\
  --etcd-cafile=ca.pem --etcd-certfile=kubernetes.pem --etcd-keyfile=kubernetes-key.pem \\
  --client-ca-file=ca.pem --tls-cert-file=kubernetes.pem --tls-private-key-file=kubernetes-key.pem \\
  --service-account-issuer=https://kubernetes --service-account-key-file=service-account.pem \\
  --service-account-signing-key-file=service-account-key.pem --service-cluster-ip-range=10.32.0.0/24
wait
systemd-run --quiet --working-directory=/root --property=Restart=always kube-controller-manager --kubeconfig=kube-controller-manager.kubeconfig
systemd-run --quiet --working-directory=/root --property=Restart=always kube-scheduler --kubeconfig=kube-scheduler.kubeconfig
for port in 10257 10259; do until curl -fsSko /dev/null https://127.0.0.1:$port/healthz; do sleep 0.05; done; done
`;
}

/** Resolves when the machine's API server is ready. */
async function ready(address: string, { name }: Machine, { directory }: DocumentFiles): Promise<void> {
  const pem = (file: string) => readFileSync(join(directory, file));
  const tls = { ca: pem("ca.pem"), cert: pem("kubernetes.pem"), key: pem("kubernetes-key.pem") };
  const options = { ...tls, servername: "kubernetes", agent: false, timeout: 2000 };
  await until(
    `HTTP 200 from /readyz of ${name}`,
    180,
    () =>
      new Promise<true | undefined>((resolve) => {
        const request = https.get(`https://${address}:6443/readyz`, options, (response) => {
          response.resume();
          response.on("close", () => resolve(response.statusCode === 200 ? true : undefined));
        });
        request.on("timeout", () => request.destroy());
        request.on("error", () => resolve(undefined));
      }),
  );
}
