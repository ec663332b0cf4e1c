import { readFileSync, writeFileSync } from "fs";
import { join } from "path";
import { isCollection, isMap, isScalar, parseDocument } from "yaml";
import { ETCD_MINORS, KUBERNETES_MINORS } from "../../node/versions";
import { RawSettings } from "../../settings/schema";
import { projectDirectory } from "../../lib/directories";
import { withMarked } from "../../lib/marked";

/** Puts the table of settings into docs/settings.md: `npx tsx tasks/docs/settingsPage.ts`. Descriptions and defaults are Pulumi.yaml's. */

interface About {
  /** What it may be, where the description does not say it. */
  values?: string;
  /** What a change of it does to a running stack. The words in bold are explained on the page. */
  change: string;
}

const versions = (minors: string[]) => minors.map((minor) => `${minor}.x`).join(" or ");
const API = "**Restarts** kube-apiserver";

export const about: Record<keyof RawSettings, About> = {
  name: {
    values: "Up to 40 of a-z, 0-9 and -, a letter first, no - at the end",
    change: "**Not possible**: the cloud's resources are called by it",
  },
  controllers: { change: "**Not possible**: etcd's members are those it started with" },
  machineType: { change: "All machines are stopped, changed and started, at the same time; nothing is lost" },
  image: { change: "**New cluster**, at the same address" },
  diskSizeGb: {
    values: "At most 65536, and never smaller than it is",
    change: "Disks grow in place; the file system follows at the machine's next boot",
  },
  diskType: { change: "**New cluster**, at the same address" },
  zones: { change: "**Not possible**: a machine that moves comes back without its etcd member's data" },
  sshUser: {
    values: "Any name that machines have no user or group of",
    change: "A new user is made; nothing restarts",
  },

  administratorCidrs: { values: "Not 0.0.0.0/0", change: "Nothing restarts; a firewall rule is changed" },
  apiClientCidrs: { values: "0.0.0.0/0 for everybody", change: "Nothing restarts; a firewall rule is changed" },
  subnetCidr: {
    values: "/28 or larger, /27 for five controllers; shares no address with the next two",
    change: "Wider, with the same first address: in place. Anything else: **new cluster**, at the same address",
  },
  podCidr: {
    values: "/8 to /24; shares no address with the others",
    change: "**Restarts** kube-controller-manager; nodes keep the ranges they have",
  },
  serviceCidr: {
    values: "/12 or smaller; shares no address with the others",
    change: "**Not possible**: the range that Services get addresses from stays the first one",
  },
  nodePortRange: { values: "1024-65535 or a part of it", change: API },
  clusterDomain: { values: "Lower case, no dot at the end", change: `${API}, with a new certificate` },

  kubernetesVersion: {
    values: versions(KUBERNETES_MINORS),
    change: "**Restarts** kube-apiserver, then kube-controller-manager and kube-scheduler",
  },
  etcdVersion: { values: versions(ETCD_MINORS), change: "**Restarts** etcd" },
  kubernetesMirror: { values: "http or https", change: "Nothing restarts; used for the next version or machine" },
  etcdMirror: { values: "http or https", change: "Nothing restarts; used for the next version or machine" },

  authorityDays: {
    values: "1 to 36500",
    change: "Authorities' certificates are made anew with their old keys, all others too. **Restarts** every unit",
  },
  certificateDays: {
    values: "1 to 36500",
    change: "All but the authorities' certificates are made anew. **Restarts** every unit",
  },
  renewBeforeDays: { values: "0 to 36500; less than certificateDays", change: "Nothing restarts" },

  eventTtl: { change: API },
  auditMaxAgeDays: { values: "1 to 36500", change: API },
  auditMaxBackups: { values: "1 to 1000", change: API },
  auditMaxSizeMb: { values: "1 to 100000", change: API },
  maxRequestsInflight: { values: "1 to 1000000", change: API },
  maxMutatingRequestsInflight: { values: "1 to 1000000", change: API },
};

/** The page with the table of Pulumi.yaml's settings in it; `projectFile` is that file's text. */
export const withSettings = (page: string, projectFile: string) => withMarked(page, "table", table(projectFile));

/** A row for each setting, under the comments that group them. */
function table(projectFile: string): string {
  const config = parseDocument(projectFile).get("config");
  if (!isMap(config)) throw new Error("Pulumi.yaml has no settings");
  const rows = config.items.map((pair, i) => {
    const { key, value } = pair;
    if (!isScalar(key) || !isMap(value)) throw new Error("a setting of Pulumi.yaml is no map");
    const name = String(key.value);
    const known = about[name as keyof RawSettings];
    if (known === undefined) throw new Error(`tasks/docs/settingsPage.ts knows nothing about the setting ${name}`);
    // The first group's comment belongs to the map itself.
    const group = (i === 0 ? config.commentBefore : key.commentBefore)?.trim();
    const initial = value.get("default");
    // An empty text or list: the description says what stands for it.
    const empty = isCollection(initial) || initial === "";
    const what = [
      String(value.get("description")),
      known.values && `${known.values}.`,
      !empty && `Default: \`${String(initial)}\`.`,
    ];
    const title = group ? `| **${group}** | | |\n` : "";
    return `${title}| \`${name}\` | ${what.filter(Boolean).join(" ")} | ${known.change} |\n`;
  });
  return `| setting | what it is and may be | a change of it |\n|---|---|---|\n${rows.join("")}`;
}

export const settingsPage = join(projectDirectory, "docs", "settings.md");
export const projectFile = () => readFileSync(join(projectDirectory, "Pulumi.yaml"), "utf8");

if (require.main === module) {
  writeFileSync(settingsPage, withSettings(readFileSync(settingsPage, "utf8"), projectFile()));
}
