import { HostPackage } from "../hostPackages";
import { Release } from "./versions";

/** One thing that can be built separately. Source paths are below local/tools. */
export interface Target {
  /** Names the build's record in the cache; unique. Differs from `name` where several versions can be built. */
  id: string;
  /** What `ensure` takes. */
  name: string;
  /** Other names that include this target. */
  groups: string[];
  /** Only for a caller that names the target or one of its groups: no part of everything. */
  onlyNamed?: boolean;
  /** The release of the mirror that this target belongs to. Only releases can be built in several versions. */
  release?: Release;
  /** With a leading "v" where upstream's tag has one. */
  version: string;
  /** The targets of one lane are built one after the other. Each lane has about half of the work. */
  lane: 0 | 1;
  /** Directory of the Go module. */
  module: string;
  /** Files and directories whose contents decide whether the target must be built again. */
  sources: string[];
  /** The package to build for each file. */
  binaries: Record<string, string>;
  /** `-X` flags of the linker: package variable to value. */
  stamps: Record<string, string>;
  /** Directory below the cache where the result goes. */
  destination: string;
  /** How the result is laid out: the binaries alone, or as the official place publishes them. */
  layout: "files" | Published;
  /** What a build needs besides Go, when C code is a part of it. It is then linked statically, to run on any machine. */
  cgo?: Cgo;
  /** Set when the result is an image in an OCI layout: how a container of it starts, and what else is in it. */
  image?: Image;
  /** A directory that the build fills with the files of package `from`, except `omit`. */
  overlay?: { directory: string; from: string; omit: string };
  /** Seconds that a first build takes when it has two cores to itself, downloads included. An estimate for people. */
  seconds: number;
  /** Megabytes of disk that a first build needs: modules, Go's build cache, result. */
  megabytes: number;
}

/** What an image has beside its programs. Words are those of the OCI image configuration. */
export interface Image {
  /** Its name in the registry, without tag: "coredns/coredns". The tag is the target's version. */
  repository: string;
  entrypoint?: string[];
  command?: string[];
  /** UID, or UID:GID. Default: root. */
  user?: string;
  /** With a shell and the usual commands: those of Debian's busybox-static. */
  busybox?: boolean;
}

/** What an official place has of a target: one file, and one file with its checksum. Both names are whole. */
export interface Published {
  /** The binary itself, or an archive of all binaries. */
  file: string;
  /** What stands before the name of each binary in the archive: "bin/". Undefined when `file` is the binary. */
  members?: string;
  /** The file with the SHA-256 of `file`. */
  sums: string;
  /** What is in there: the checksum alone, or a line as `sha256sum` prints it, with the file's name. */
  line: "sum" | "sum and name";
}

export interface Cgo {
  /** Build tags. */
  tags: string[];
  /** Packages of Debian. */
  packages: readonly HostPackage[];
}
