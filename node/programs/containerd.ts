import { stringify } from "yaml";
import { binary, renderUnit, RESTARTS_WITHOUT_LIMIT } from "../render/unit";
import { renderToml } from "../render/toml";
import { workerDirectories, workerPaths } from "../layout";

/**
 * Who makes the control groups of Pods, for containerd and kubelet alike. systemd, as upstream recommends: two managers of one
 * tree disagree when memory is short.
 */
export const CGROUP_DRIVER: "systemd" | "cgroupfs" = "systemd";

/** The registry of Kubernetes' own images. */
const REGISTRY = "registry.k8s.io";

/** containerd's configuration. `pauseImage` is the image that holds a Pod's namespaces. */
export function containerdConfig(pauseImage: string): string {
  const runc = {
    runtime_type: "io.containerd.runc.v2",
    options: { BinaryName: binary("runc"), SystemdCgroup: CGROUP_DRIVER === "systemd" },
  };
  return renderToml({
    version: 3,
    plugins: {
      "io.containerd.cri.v1.images": {
        pinned_images: { sandbox: pauseImage },
        registry: { config_path: workerDirectories.registries },
      },
      "io.containerd.cri.v1.runtime": {
        // A host of the local cloud may forbid its machines to lower the score, and runc then starts no container.
        restrict_oom_score_adj: true,
        containerd: { default_runtime_name: "runc", runtimes: { runc } },
      },
    },
  });
}

export const registryHostsPath = `${workerDirectories.registries}/${REGISTRY}/hosts.toml`;

/** Where containerd gets the images of the registry: from `mirror` (a URL) first, unless it is "". */
export const registryHosts = (mirror: string): string =>
  renderToml({
    server: `https://${REGISTRY}`,
    ...(mirror !== "" && { host: { [mirror]: { capabilities: ["pull", "resolve"] } } }),
  });

/** What a person's `crictl` connects to. */
export const crictlConfig = (): string => {
  const socket = `unix://${workerPaths.containerdSocket}`;
  return stringify({ "runtime-endpoint": socket, "image-endpoint": socket, timeout: 10 });
};

/**
 * As upstream's unit. It has no sandbox: whatever containerd is denied, its containers are denied too. Containers go on while it
 * restarts, so systemd stops only the process itself.
 */
export const containerdUnit = (): string =>
  renderUnit({
    Unit: {
      Description: "containerd",
      Documentation: "https://containerd.io",
      After: "network-online.target",
      Wants: "network-online.target",
      ...RESTARTS_WITHOUT_LIMIT,
    },
    Service: {
      Type: "notify",
      ExecStart: `${binary("containerd")} --config ${workerPaths.containerdConfig}`,
      Delegate: true,
      KillMode: "process",
      Restart: "always",
      RestartSec: 5,
      LimitNPROC: "infinity",
      LimitCORE: "infinity",
      LimitNOFILE: 1048576,
      TasksMax: "infinity",
      OOMScoreAdjust: -999,
    },
    Install: { WantedBy: "multi-user.target" },
  });
