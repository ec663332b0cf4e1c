/**
 * What the official places publish of each target. None of these URLs could be tried while this was written. The names were
 * taken from where others use them: Pulumi's command line, its plugins and the `pulumi-VERSION-checksums.txt` from installers
 * and package lists, a plugin's `pulumi-NAME_VERSION_checksums.txt` from the release workflow of pulumi-gcp, etcd's SHA256SUMS
 * and Kubernetes' `.sha256` files from this program's own download steps. The names of containerd, runc and crictl are in their
 * own release scripts, those of the CNI plugins in programs that install them. `runc.sha256sum` is a signed text.
 */
import { createHash } from "node:crypto";
import { placeOf, releasesOn } from "../places";
import { Target } from "../target";
import { ENGINE_VERSION } from "../versions";
import { REGISTRY } from "../versions-images";

/** A file that an official place publishes for a target. */
export interface OfficialRelease {
  /** For people. Targets of one group are all downloaded or all built, so that they fit together. */
  group: string;
  file: string;
  url: string;
  /** URL of the file that has its checksum. Of an image, that of its manifest, as `url`. */
  sums: string;
  /** Where the binaries are in the archive, by their names; undefined when `file` itself is wanted. */
  members?: Record<string, string>;
}

/** The official release of a target for a machine with Linux. `arch` is "amd64" or "arm64". */
export function officialRelease(target: Target, arch: string, env: NodeJS.ProcessEnv = process.env): OfficialRelease {
  const { sums, url, ...release } = published(target, arch);
  return { ...release, url: mirrored(url, env), sums: mirrored(sums, env) };
}

/** Key of a target that was downloaded. That of a build differs, so that the cache knows where a target came from. */
export function officialKey(target: Target, arch: string): string {
  const { url } = published(target, arch);
  const what = { official: 1, url, name: target.name, layout: target.layout, files: Object.keys(target.binaries) };
  return createHash("sha256").update(JSON.stringify(what)).digest("hex");
}

function published(target: Target, arch: string): OfficialRelease {
  const { name, release, version, groups, layout, image } = target;
  if (image) {
    const url = `https://${REGISTRY}/v2/${image.repository}/manifests/${version}`;
    return { group: "images", file: name, url, sums: url };
  }
  if (release !== undefined && layout !== "files") {
    const { title, url } = placeOf(release, bare(version), arch);
    return { group: title, file: layout.file, url: `${url}/${layout.file}`, sums: `${url}/${layout.sums}` };
  }
  return groups.includes("plugins") ? plugin(target, arch) : engine(target, arch);
}

/** The command line's archive has the language host too, in the same version. */
function engine({ binaries }: Target, arch: string): OfficialRelease {
  const version = bare(ENGINE_VERSION);
  const file = `pulumi-v${version}-linux-${arch === "amd64" ? "x64" : arch}.tar.gz`;
  return {
    group: `pulumi ${version}`,
    ...onGitHub("pulumi/pulumi", ENGINE_VERSION, file, `pulumi-${version}-checksums.txt`),
    members: Object.fromEntries(Object.keys(binaries).map((binary) => [binary, `pulumi/${binary}`])),
  };
}

function plugin({ binaries, version }: Target, arch: string): OfficialRelease {
  const [binary = ""] = Object.keys(binaries);
  const name = `pulumi-${binary.replace("pulumi-resource-", "")}`;
  const file = `${binary}-v${version}-linux-${arch}.tar.gz`;
  return {
    group: "plugins",
    ...onGitHub(`pulumi/${name}`, `v${version}`, file, `${name}_${version}_checksums.txt`),
    members: { [binary]: binary },
  };
}

function onGitHub(repository: string, tag: string, file: string, sums: string) {
  const base = `${releasesOn(repository)}/${tag}`;
  return { file, url: `${base}/${file}`, sums: `${base}/${sums}` };
}

/** With HARDWAY_TOOLS_MIRROR, https://HOST/PATH is at MIRROR/HOST/PATH. Throws when the mirror is not an http or https URL. */
function mirrored(url: string, { HARDWAY_TOOLS_MIRROR: mirror }: NodeJS.ProcessEnv): string {
  if (!mirror) return url;
  if (!/^https?:\/\/[^/@?#]+(\/[^?#@]*)?$/.test(mirror))
    throw new Error(
      `HARDWAY_TOOLS_MIRROR must be an http or https URL without user, password and query; got "${mirror}"`,
    );
  return url.replace("https://", `${mirror.replace(/\/+$/, "")}/`);
}

const bare = (version: string) => version.replace(/^v/, "");
