import { ports } from "../../node/layout";
import { Check, onAll, verdict } from "../check";

/** All that may listen on anything but loopback. */
const OPEN: Record<number, string> = {
  22: "ssh",
  [ports.health]: "health proxy",
  [ports.etcdClient]: "etcd clients, TLS",
  [ports.etcdPeer]: "etcd peers, TLS",
  [ports.api]: "the API, TLS",
};
/** Name resolution that some of Google's images bring along; the network's firewall lets nobody in. */
const TOLERATED = [5355];

export const onlyApiPort: Check = {
  name: "only 6443 serves the API; nothing else is open",
  async run(context) {
    const answers = await onAll(context, "ss --no-header --listening --tcp --numeric");
    const complaints = answers.flatMap(({ controller, stdout }) => {
      const open = openPorts(stdout);
      const extra = [...open].filter((port) => !(port in OPEN) && !TOLERATED.includes(port));
      return [
        ...(open.has(ports.api) ? [] : [`${controller.name}: nothing listens on ${ports.api}`]),
        ...extra.map((port) => `${controller.name}: ${port} is open`),
      ];
    });
    return verdict(complaints, `open on each of ${answers.length}: ${Object.keys(OPEN).join(", ")}`);
  },
};

/** Ports bound to an address other than loopback, from `ss --tcp` without header. */
export function openPorts(ss: string): Set<number> {
  const local = ss
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/)[3] ?? "");
  const open = local.filter((address) => !/^(127\.|\[::1\]|\[?::ffff:127\.)/.test(address));
  return new Set(open.map((address) => Number(address.slice(address.lastIndexOf(":") + 1))));
}
