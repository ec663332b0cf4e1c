/** One thing that can be built on its own. Source paths are below local/tools. */
export interface Target {
  /** What `ensure` takes. */
  name: string;
  /** Other names that include this target. */
  groups: string[];
  version: string;
  /** Targets of one lane are built one after the other. Each lane has about half of the work. */
  lane: 0 | 1;
  /** Directory of the Go module. */
  module: string;
  /** Files and directories whose contents decide whether it must be built again. */
  sources: string[];
  /** Package to build for each file. */
  binaries: Record<string, string>;
  /** `-X` flags of the linker: package variable to value. */
  stamps: Record<string, string>;
  /** Directory below the cache where the result goes. */
  destination: string;
  /** How the result is laid out: bare files, files with .sha256 beside them, or one tarball with SHA256SUMS. */
  layout: "files" | "checksums" | "tarball";
  /** Directory filled with another package's files while building: `{ directory: import path }`, without `omit`. */
  overlay?: { directory: string; from: string; omit: string };
  /** Seconds of a first build that has two cores to itself, downloads included: an estimate for people. */
  seconds: number;
  /** Megabytes of disk for a first build: modules, Go's build cache, result. */
  megabytes: number;
}
