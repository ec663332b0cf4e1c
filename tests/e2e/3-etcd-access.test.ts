import { KeyPairPaths, paths, ports } from "../../node/layout";
import { on } from "../../verify/check";
import { useContext } from "./support";

const context = useContext();

/** The ports of etcd that accept a certificate: the one for clients, who may read and write everything, and the one for peers. */
const TABLE: [certificate: string, credential: KeyPairPaths | undefined, clients: boolean, peers: boolean][] = [
  ["the operator's certificate", paths.etcdOperator, true, false],
  ["kube-apiserver's etcd certificate", paths.apiserverEtcdClient, true, false],
  // A member has all of the data anyway.
  ["a member's peer certificate", paths.etcdPeer, true, true],
  ["a member's serving certificate", paths.etcdServer, false, false],
  ["kube-apiserver's kubelet certificate", paths.kubeletClient, false, false],
  ["the health proxy's certificate", paths.healthClient, false, false],
  ["the front proxy's certificate", paths.frontProxyClient, false, false],
  ["no certificate", undefined, false, false],
];

test.each(TABLE)("with %s, etcd opens only the right ports", async (_, credential, clients, peers) => {
  const controller = context().outputs.controllers[0]!;
  const shown = credential === undefined ? "" : `--cert ${credential.certificate} --key ${credential.key}`;
  const call = (url: string) =>
    on(
      context(),
      controller,
      `sudo curl --silent --http1.1 --max-time 5 --output /dev/null --write-out '%{http_code}' --cacert ${paths.etcdCa} ${shown} ${url} || true`,
    );
  // curl's code when TLS ends the connection before any HTTP.
  const refused = "000";
  expect(await call(`https://127.0.0.1:${ports.etcdClient}/version`)).toEqual(clients ? "200" : refused);
  expect(await call(`https://${controller.internalIp}:${ports.etcdPeer}/members`)).toEqual(peers ? "200" : refused);
});
