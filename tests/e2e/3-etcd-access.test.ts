import { KeyPairPaths, paths, ports } from "../../node/layout";
import { on } from "../../verify/check";
import { useContext } from "./support";

const context = useContext();

/** Which certificates open etcd's two ports: to read and write everything, and to be a member. */
const TABLE: [who: string, credential: KeyPairPaths | undefined, clients: boolean, peers: boolean][] = [
  ["the operator", paths.etcdOperator, true, false],
  ["kube-apiserver", paths.apiserverEtcdClient, true, false],
  // It has all of the data anyway.
  ["a member", paths.etcdPeer, true, true],
  ["a member by its serving certificate", paths.etcdServer, false, false],
  ["kube-apiserver by its kubelet certificate", paths.kubeletClient, false, false],
  ["the health proxy", paths.healthClient, false, false],
  ["the front proxy", paths.frontProxyClient, false, false],
  ["nobody known", undefined, false, false],
];

test.each(TABLE)("etcd's ports for %s", async (_, credential, clients, peers) => {
  const controller = context().outputs.controllers[0]!;
  const shown = credential === undefined ? "" : `--cert ${credential.certificate} --key ${credential.key}`;
  const call = (url: string) =>
    on(
      context(),
      controller,
      `sudo curl --silent --http1.1 --max-time 5 --output /dev/null --write-out '%{http_code}' --cacert ${paths.etcdCa} ${shown} ${url} || true`,
    );
  // TLS ends the connection before there is any HTTP.
  const refused = "000";
  expect(await call(`https://127.0.0.1:${ports.etcdClient}/version`)).toEqual(clients ? "200" : refused);
  expect(await call(`https://${controller.internalIp}:${ports.etcdPeer}/members`)).toEqual(peers ? "200" : refused);
});
