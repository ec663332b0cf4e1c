import { ports, units } from "../../node/layout";
import { ask, judge } from "../ask";
import { Check, shellOn } from "../check";

/** The ports that may be open on an address other than loopback. */
const OPEN: Record<number, string> = {
  22: "ssh",
  [ports.health]: "health proxy",
  [ports.etcdClient]: "etcd clients, TLS",
  [ports.etcdPeer]: "etcd peers, TLS",
  [ports.api]: "the API, TLS",
};
/** Name resolution, which some of Google's images bring along. The network's firewall lets nobody in. */
const TOLERATED = [5355];

export const onlyApiPort: Check = {
  name: "only 6443 serves the API; nothing else is open",
  async run(context) {
    const asked = await ask(context, "sudo ss --no-header --listening --tcp --numeric --processes");
    return judge(
      asked,
      ({ controller: { name }, stdout }) => {
        const open = openPorts(stdout);
        const extra = [...open].filter(([port]) => !(port in OPEN) && !TOLERATED.includes(port));
        return [
          ...(open.has(ports.api)
            ? []
            : [
                `${name}: nothing listens on ${ports.api}: ${shellOn(context, name)}, then sudo journalctl -u ${units.apiserver}`,
              ]),
          ...extra.map(
            ([port, program]) => `${name}: port ${port} is open, by ${program}: stop it, or bind it to 127.0.0.1`,
          ),
        ];
      },
      (answers) => `open on each of ${answers.length}: ${Object.keys(OPEN).join(", ")}`,
    );
  },
};

/** Ports bound to an address other than loopback, from `ss --tcp --processes` without header, with the program: NAME, pid N. */
export function openPorts(ss: string): Map<number, string> {
  const open = new Map<number, string>();
  for (const line of ss.trim().split("\n")) {
    const address = line.trim().split(/\s+/)[3] ?? "";
    if (/^(127\.|\[::1\]|\[?::ffff:127\.)/.test(address)) continue;
    const [, program, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(line) ?? [];
    const port = Number(address.slice(address.lastIndexOf(":") + 1));
    open.set(port, program === undefined ? "an unknown program" : `${program}, pid ${pid}`);
  }
  return open;
}
