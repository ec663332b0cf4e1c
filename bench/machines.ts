import { HOST_ADDRESS } from "../local";
import { create, PROJECT, read, REGION } from "./compute";
import { until } from "./interrupt";
import { USUAL } from "./rows";
import { Shell } from "./shell";

/** A machine of the floor or the walkthrough. */
export interface Machine {
  name: string;
  zone: string;
  internalIp: string;
}

const NETWORK = "kubernetes-the-hard-way";
const ZONES = ["a", "b", "c"];

/** The machines of the document: controller-0 at 10.240.0.10, and so on. */
export const MACHINES: Machine[] = Array.from({ length: USUAL }, (_, i) => ({
  name: `controller-${i}`,
  zone: `${REGION}-${ZONES[i % ZONES.length]}`,
  internalIp: `10.240.0.${10 + i}`,
}));

const tcp = (...ports: string[]) => ({ IPProtocol: "tcp", ports });

/** Creates the network, its firewall and the machines. Resolves when `shell` can log in to each machine. */
export async function makeMachines(shell: Shell): Promise<void> {
  await create("/global/networks", { name: NETWORK, autoCreateSubnetworks: false });
  const network = `projects/${PROJECT}/global/networks/${NETWORK}`;
  const allow = (name: string, sourceRanges: string[], ...allowed: object[]) =>
    create("/global/firewalls", { name: `${NETWORK}-allow-${name}`, network, sourceRanges, allowed });
  await Promise.all([
    create(`/regions/${REGION}/subnetworks`, { name: "kubernetes", network, ipCidrRange: "10.240.0.0/24" }),
    allow("internal", ["10.240.0.0/24"], tcp(), { IPProtocol: "udp" }, { IPProtocol: "icmp" }),
    allow("external", [`${HOST_ADDRESS}/32`], tcp("22", "6443")),
  ]);
  await Promise.all(
    MACHINES.map(async (machine) => {
      await create(`/zones/${machine.zone}/instances`, instance(machine, shell.authorizedKey));
      await shell.add(machine.name, await addressOf(machine), await hostKeyOf(machine));
      await until(`an SSH login to ${machine.name}`, 120, () => shell.answers(machine.name));
    }),
  );
}

const instance = ({ name, zone, internalIp }: Machine, authorizedKey: string) => ({
  name,
  machineType: `projects/${PROJECT}/zones/${zone}/machineTypes/e2-standard-2`,
  canIpForward: true,
  tags: { items: ["kubernetes-the-hard-way", "controller"] },
  disks: [
    {
      boot: true,
      autoDelete: true,
      initializeParams: { sourceImage: "projects/debian-cloud/global/images/family/debian-12", diskSizeGb: "50" },
    },
  ],
  networkInterfaces: [
    {
      subnetwork: `projects/${PROJECT}/regions/${REGION}/subnetworks/kubernetes`,
      networkIP: internalIp,
      accessConfigs: [{ type: "ONE_TO_ONE_NAT" }],
    },
  ],
  metadata: {
    items: [
      { key: "ssh-keys", value: authorizedKey },
      { key: "enable-guest-attributes", value: "TRUE" },
    ],
  },
});

const pathOf = ({ zone, name }: Machine) => `/zones/${zone}/instances/${name}`;

/** The machine's external address. */
export function addressOf(machine: Machine): Promise<string> {
  return until(`an external address for ${machine.name}`, 60, async () => {
    type Instance = { networkInterfaces: [{ accessConfigs: [{ natIP?: string }] }] };
    const found = await read<Instance>(pathOf(machine));
    return found?.networkInterfaces[0].accessConfigs[0].natIP;
  });
}

/** The host key that the machine published, as `TYPE BASE64`. */
function hostKeyOf(machine: Machine): Promise<string> {
  return until(`the publication of ${machine.name}'s host key`, 120, async () => {
    type Attributes = { queryValue?: { items?: { key: string; value: string }[] } };
    const found = await read<Attributes>(`${pathOf(machine)}/getGuestAttributes?queryPath=hostkeys/`);
    const key = found?.queryValue?.items?.find((item) => item.key === "ecdsa-sha2-nistp256");
    return key && `${key.key} ${key.value}`;
  });
}
