import { readFileSync, writeFileSync } from "fs";
import { join } from "path";
import { isCollection, isMap, isScalar, parseDocument } from "yaml";
import { ETCD_MINORS, KUBERNETES_MINORS } from "../../node/versions";
import { RawSettings } from "../../settings/schema";
import { projectDirectory } from "../../lib/directories";
import { withMarked } from "../../lib/marked";

/** Writes the table of settings into docs/settings.md: `npx tsx tasks/docs/settingsPage.ts`. Descriptions and defaults are those of Pulumi.yaml. */

interface About {
  /** Which values are allowed, where the description does not say it. */
  values?: string;
  /** What a change does to a running stack. The page explains the words in bold. */
  change: string;
}

const versions = (minors: string[]) => minors.map((minor) => `${minor}.x`).join(" or ");
const API = "**Restarts** kube-apiserver";
const FIREWALL = "Nothing restarts. A firewall rule is changed";
const MIRROR = "Nothing restarts. Used for the next version or the next machine";

export const about: Record<keyof RawSettings, About> = {
  name: {
    values: "Up to 40 characters from a-z, 0-9 and -; starts with a letter, does not end with -",
    change: "**Not possible**: the names of the cloud resources contain it",
  },
  controllers: {
    change:
      "New machines join, or the last ones leave, one after the other. Nothing else restarts. [Scaling](scaling.md)",
  },
  machineType: { change: "**Machine by machine**: each is stopped, changed and started" },
  image: { change: "**Machine by machine**: each is deleted and made again, and its etcd member joins the others" },
  diskSizeGb: {
    values: "At most 65536. It can only grow",
    change: "Disks grow in place. The file system grows at the machine's next boot",
  },
  diskType: { change: "**Machine by machine**, like image" },
  deletionProtection: {
    values: "true or false",
    change: "Nothing restarts. Set it to false, and run an update, before an update that deletes a machine",
  },
  secureBoot: { values: "true or false", change: "**Machine by machine**: each is stopped, changed and started" },
  ipForwarding: { values: "true or false", change: "Nothing restarts" },
  zones: { change: "**Not possible** for a machine that runs" },
  sshUser: {
    values: "Not the name of a user or group that machines already have",
    change: "Nothing restarts. A new user is made",
  },

  administratorCidrs: { values: "Not 0.0.0.0/0, and not a range for documentation", change: FIREWALL },
  apiClientCidrs: { values: "0.0.0.0/0 for everybody. Not a range for documentation", change: FIREWALL },
  apiAddress: { change: "**Not possible**: clients and tokens name the address" },
  apiServerNames: { values: "Lower case", change: `${API}, with a new certificate` },
  endpointName: { change: "Nothing restarts. Clients need the new kubeconfig" },
  networkTier: { change: "Addresses that exist keep their tier" },
  subnetCidr: {
    values: "/28 or larger, /27 for five controllers. Must not overlap the next two",
    change:
      "To a larger range with the same first address: nothing restarts. Anything else: **not possible**, since etcd and certificates name the addresses",
  },
  podCidr: {
    values: "/8 to /24. Must not overlap the others",
    change: "**Not possible**: nodes keep the ranges that they have",
  },
  serviceCidr: {
    values: "/12 or smaller. Must not overlap the others",
    change: "**Not possible**: existing Services keep their addresses",
  },
  nodePortRange: {
    values: "Within 1024-65535, without the ports on which programs of the cluster listen",
    change: API,
  },
  clusterDomain: {
    values: "Lower case, no dot at the end, up to 230 characters",
    change: `${API}, with a new certificate`,
  },

  kubernetesVersion: {
    values: versions(KUBERNETES_MINORS),
    change: "**Restarts** kube-apiserver, then kube-controller-manager and kube-scheduler",
  },
  etcdVersion: { values: versions(ETCD_MINORS), change: "**Restarts** etcd" },
  kubernetesMirror: { values: "http or https, without user and password", change: MIRROR },
  etcdMirror: { values: "http or https, without user and password", change: MIRROR },

  authorityDays: {
    values: "1 to 36500",
    change: "All certificates are made again, with the same keys. **Restarts** every unit",
  },
  certificateDays: {
    values: "1 to 36500",
    change:
      "All certificates except the authorities' are made again, with the same keys. **Restarts** kube-controller-manager, which signs for as long",
  },
  renewBeforeDays: { values: "0 to 36500. Less than certificateDays", change: "Nothing restarts" },

  eventTtl: { values: "1s to 8760h", change: API },
  auditMaxAgeDays: { values: "1 to 36500", change: API },
  auditMaxBackups: { values: "1 to 1000. One more times auditMaxSizeMb must fit half of the boot disk", change: API },
  auditMaxSizeMb: { values: "1 to 100000", change: API },
  maxRequestsInflight: { values: "1 to 1000000", change: API },
  maxMutatingRequestsInflight: { values: "1 to 1000000", change: API },

  drainSeconds: { values: "5 to 60", change: API },

  backupIntervalHours: { values: "1 to 168", change: "Nothing restarts. The next backup is due by the new interval" },
  backupsKept: { values: "1 to 100", change: "Nothing restarts. The next backup deletes those that are too many" },
};

/** The page with the table of settings in it. `projectFile` is the text of Pulumi.yaml. */
export const withSettings = (page: string, projectFile: string) => withMarked(page, "table", table(projectFile));

/** A row for each setting, under the comment of its group. */
function table(projectFile: string): string {
  const config = parseDocument(projectFile).get("config");
  if (!isMap(config)) throw new Error("Pulumi.yaml has no settings");
  const rows = config.items.map((pair, i) => {
    const { key, value } = pair;
    if (!isScalar(key) || !isMap(value)) throw new Error("each setting in Pulumi.yaml must be a map");
    const name = String(key.value);
    const known = about[name as keyof RawSettings];
    if (known === undefined) throw new Error(`tasks/docs/settingsPage.ts knows nothing about the setting ${name}`);
    // The parser attaches the first group's comment to the map.
    const group = (i === 0 ? config.commentBefore : key.commentBefore)?.trim();
    const initial = value.get("default");
    // For an empty text or list, the description says what is used instead.
    const empty = isCollection(initial) || initial === "";
    const what = [
      String(value.get("description")),
      known.values && `${known.values}.`,
      !empty && `Default: \`${String(initial)}\`.`,
    ];
    const title = group ? `| **${group}** | | |\n` : "";
    return `${title}| \`${name}\` | ${what.filter(Boolean).join(" ")} | ${known.change} |\n`;
  });
  return `| setting | what it is | a change on a running stack |\n|---|---|---|\n${rows.join("")}`;
}

export const settingsPage = join(projectDirectory, "docs", "settings.md");
export const projectFile = () => readFileSync(join(projectDirectory, "Pulumi.yaml"), "utf8");

if (require.main === module) {
  writeFileSync(settingsPage, withSettings(readFileSync(settingsPage, "utf8"), projectFile()));
}
