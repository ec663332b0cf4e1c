/** A loopback server that stands for the official places, and programs that stand for Go and others on PATH. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createServer, ServerResponse } from "node:http";
import { AddressInfo } from "node:net";
import * as path from "node:path";

const digest = (algorithm: string, content: Buffer) => createHash(algorithm).update(content).digest("hex");

/** What a server does instead of sending the file. */
export type Trouble = (response: ServerResponse, content: Buffer | undefined) => void;

export interface Places {
  /** For HARDWAY_TOOLS_MIRROR. */
  url: string;
  /** Content by path, which begins with the official host. */
  files: Map<string, Buffer>;
  /** By path. */
  troubles: Map<string, Trouble>;
  /** The paths that were asked for, in order. */
  asked: string[];
  close: () => Promise<void>;
}

/** As the official places do, it redirects to another path before it sends a file. */
export async function officialPlaces(): Promise<Places> {
  const places = { files: new Map<string, Buffer>(), troubles: new Map<string, Trouble>(), asked: [] as string[] };
  const server = createServer(({ url = "" }, response) => {
    const file = url.replace(/^\/(objects\/)?/, "").replace(/\?.*$/, "");
    const content = places.files.get(file);
    if (!url.startsWith("/objects/")) places.asked.push(file);
    const trouble = places.troubles.get(file);
    if (trouble) trouble(response, content);
    else if (content === undefined) response.writeHead(404).end("Not Found");
    else if (url.startsWith("/objects/")) response.end(content);
    else response.writeHead(302, { location: `/objects/${file}?signature=abc` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { ...places, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/**
 * Publishes Kubernetes 1.37.2, etcd 3.7.3, the command line 3.259.0, the plugin command 1.2.1 and what workers run, with
 * kubelet in version 1.36.3 too, for this machine.
 */
export function publishAll({ files }: Places, scratch: string): void {
  const [arch, cli] = process.arch === "x64" ? ["amd64", "x64"] : ["arm64", "arm64"];
  const binary = (version: string, name: string, text: string) => {
    const [content, path] = [Buffer.from(text), `dl.k8s.io/v${version}/bin/linux/${arch}/${name}`];
    files.set(path, content).set(`${path}.sha256`, Buffer.from(digest("sha256", content)));
  };
  for (const name of ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kube-proxy"])
    binary("1.37.2", name, `official ${name}`);
  for (const version of ["1.37.2", "1.36.3"]) binary(version, "kubelet", `official ${version} kubelet`);
  const archive = (release: string, name: string, members: string[], sums: string, algorithm: string, prefix = "") => {
    const content = tarball(scratch, members, prefix);
    const lines = `${digest(algorithm, Buffer.from("other"))}  ${prefix}other.tar.gz\n${digest(algorithm, content)}  ${prefix}${name}\n`;
    files.set(`${release}/${name}`, content);
    files.set(`${release}/${sums}`, Buffer.from(lines));
  };
  const github = (repository: string, tag: string) => `github.com/${repository}/releases/download/${tag}`;
  const etcd = `etcd-v3.7.3-linux-${arch}`;
  archive(github("etcd-io/etcd", "v3.7.3"), `${etcd}.tar.gz`, [`${etcd}/etcd`], "SHA256SUMS", "sha256");
  archive(
    github("pulumi/pulumi", "v3.259.0"),
    `pulumi-v3.259.0-linux-${cli}.tar.gz`,
    ["pulumi/pulumi", "pulumi/pulumi-language-nodejs", "pulumi/pulumi-language-go"],
    "pulumi-3.259.0-checksums.txt",
    "sha256",
  );
  archive(
    github("pulumi/pulumi-command", "v1.2.1"),
    `pulumi-resource-command-v1.2.1-linux-${arch}.tar.gz`,
    ["README.md", "pulumi-resource-command"],
    "pulumi-command_1.2.1_checksums.txt",
    "sha1",
    "./",
  );
  const containerd = `containerd-2.4.2-linux-${arch}.tar.gz`;
  const programs = ["bin/containerd", "bin/containerd-shim-runc-v2", "bin/containerd-stress", "bin/ctr"];
  archive(github("containerd/containerd", "v2.4.2"), containerd, programs, `${containerd}.sha256sum`, "sha256");
  const cni = `cni-plugins-linux-${arch}-v1.10.0.tgz`;
  archive(github("containernetworking/plugins", "v1.10.0"), cni, ["bridge", "vlan"], `${cni}.sha256`, "sha256");
  const crictl = `crictl-v1.37.0-linux-${arch}.tar.gz`;
  archive(github("kubernetes-sigs/cri-tools", "v1.37.0"), crictl, ["crictl"], `${crictl}.sha256`, "sha256");
  const [runc, content] = [github("opencontainers/runc", "v1.5.3"), Buffer.from("official runc")];
  files.set(`${runc}/runc.${arch}`, content);
  // It is signed: the list is between other lines.
  const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${digest("sha256", content)} *runc.${arch}\n`;
  files.set(`${runc}/runc.sha256sum`, Buffer.from(`${signed}-----BEGIN PGP SIGNATURE-----\n\nabc\n`));
}

/** A tarball of files that contain `official PATH`. The members' names begin with `prefix`. */
function tarball(scratch: string, members: string[], prefix: string): Buffer {
  const directory = fs.mkdtempSync(path.join(scratch, "archive-"));
  for (const member of members) {
    fs.mkdirSync(path.dirname(path.join(directory, member)), { recursive: true });
    fs.writeFileSync(path.join(directory, member), `official ${member}`);
  }
  return execFileSync("tar", ["-czf", "-", "-C", directory, ...members.map((member) => prefix + member)]);
}

/** A directory for PATH: what the tools need of this host, and a Go that builds files which contain `built`. */
export function programsOf(scratch: string, others: Record<string, string> = {}): string {
  const bin = path.join(scratch, "bin");
  fs.mkdirSync(bin, { recursive: true });
  for (const name of ["tar", "gzip", "flock"]) {
    const found = execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    if (!fs.existsSync(path.join(bin, name))) fs.symlinkSync(found, path.join(bin, name));
  }
  const go = `#!/bin/sh
[ "$1" = env ] && printf 'go1.26.0\\n/tmp\\n/tmp\\n' && exit
while [ "$1" != -o ]; do shift; done
echo built > "$2"
`;
  for (const [name, text] of Object.entries({ go, ...others }))
    fs.writeFileSync(path.join(bin, name), text, { mode: 0o755 });
  return bin;
}
