import { workerPaths, workerUnits } from "../layout";
import { hardening, renderUnit } from "../render/unit";

/** The bridge that the machine's Pods are connected to. */
export const BRIDGE = "cni0";
/** Bytes. As in Google's networks, so that no packet of a Pod is too large for the machine's interface. */
const MTU = 1460;
/** Google's metadata server, which is the name server too. */
const METADATA = "169.254.169.254";
const TABLE = "ip hardway_pods";

/** The CNI configuration: a bridge whose Pods have addresses from the machine's own `podCidr`. */
export function podNetworkConfig(podCidr: string): string {
  const bridge = {
    type: "bridge",
    bridge: BRIDGE,
    mtu: MTU,
    isGateway: true,
    // `podNetworkRules` does it, because the plugin would also hide Pods from each other's machines.
    ipMasq: false,
    // A Pod may reach itself by its Service.
    hairpinMode: true,
    ipam: {
      type: "host-local",
      ranges: [[{ subnet: podCidr }]],
      routes: [{ dst: "0.0.0.0/0" }],
      // Not on disk: after a boot no Pod is left that has an address.
      dataDir: "/run/cni/networks",
    },
  };
  const portmap = { type: "portmap", capabilities: { portMappings: true }, backend: "nftables" };
  return `${JSON.stringify({ cniVersion: "1.0.0", name: "hardway", plugins: [bridge, portmap] }, null, 2)}\n`;
}

export interface PodNetworkOptions {
  /** The machine's own Pods: a CIDR within `clusterCidr` that no other machine has. The network must route it to the machine. */
  podCidr: string;
  /** The Pods of all machines. */
  clusterCidr: string;
  /** The machines' subnet. */
  subnetCidr: string;
}

/**
 * Packets from a Pod to an address outside get the machine's address, because the network routes only machines' addresses there.
 * Pods and machines see each other's own addresses. Pods get nothing from the metadata server but names: it would tell them the
 * machine's credentials.
 */
export const podNetworkRules = ({ podCidr, clusterCidr, subnetCidr }: PodNetworkOptions): string =>
  `table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
  chain forward {
    type filter hook forward priority filter; policy accept;
    ip saddr ${podCidr} ip daddr ${METADATA} meta l4proto { tcp, udp } th dport 53 accept
    ip saddr ${podCidr} ip daddr ${METADATA} drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${podCidr} ip daddr != ${clusterCidr} ip daddr != ${subnetCidr} masquerade
  }
}
`;

/** A command that succeeds when the kernel has the rules. */
export const podNetworkCheck = `nft list table ${TABLE}`;

export const podNetworkUnit = (): string =>
  renderUnit({
    Unit: {
      Description: "addresses of Pods outside of the network",
      Documentation: "man:nft(8)",
      // The distribution's own rules replace all others when they are loaded.
      After: "nftables.service",
      Before: workerUnits.kubelet,
    },
    Service: {
      Type: "oneshot",
      RemainAfterExit: true,
      ExecStart: `/usr/sbin/nft --file ${workerPaths.podNetworkRules}`,
      ...hardening({ code: ["/usr/sbin/nft", "/usr/lib"], capability: "CAP_NET_ADMIN", netlink: true }),
    },
    Install: { WantedBy: "multi-user.target" },
  });

/** Kernel modules by name, with a command that succeeds when the kernel has them, also where they are built in. */
export const KERNEL_MODULES = {
  overlay: "grep -qw overlay /proc/filesystems",
  // Without it, what one Pod sends to another on the same bridge would pass by the rules of Services.
  br_netfilter: "test -e /proc/sys/net/bridge/bridge-nf-call-iptables",
} as const;

/** The kernel's settings that the Pod network needs. */
export const NETWORK_SYSCTLS = { "net.ipv4.ip_forward": 1, "net.bridge.bridge-nf-call-iptables": 1 } as const;
