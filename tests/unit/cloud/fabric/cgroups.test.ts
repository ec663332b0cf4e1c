import { findHierarchies } from "../../../../local/cloud/fabric/cgroups";

const line = (mountPoint: string, type: string, options: string) =>
  `30 24 0:26 / ${mountPoint} rw,nosuid shared:9 - ${type} none rw,${options}`;

it("finds the hierarchy of a host with cgroup v2", () => {
  expect(findHierarchies(line("/sys/fs/cgroup", "cgroup2", "nsdelegate"))).toEqual({
    unified: "/sys/fs/cgroup",
    legacy: {},
  });
});

it("finds the controllers of cgroup v1 beside a v2 tree", () => {
  const mounts = [
    line("/sys/fs/cgroup", "tmpfs", "mode=755"),
    line("/sys/fs/cgroup/cpu,cpuacct", "cgroup", "cpu,cpuacct"),
    line("/sys/fs/cgroup/memory", "cgroup", "memory"),
    line("/sys/fs/cgroup/freezer", "cgroup", "freezer"),
    line("/sys/fs/cgroup/systemd", "cgroup", "xattr,name=systemd"),
    line("/sys/fs/cgroup/unified", "cgroup2", "nsdelegate"),
    line("/somewhere/else", "cgroup2", "nsdelegate"),
  ].join("\n");
  expect(findHierarchies(mounts)).toEqual({
    unified: "/sys/fs/cgroup/unified",
    legacy: {
      cpu: "/sys/fs/cgroup/cpu,cpuacct",
      memory: "/sys/fs/cgroup/memory",
      "name=systemd": "/sys/fs/cgroup/systemd",
    },
  });
});

it("says how to mount a v2 tree when there is none", () => {
  const none = line("/sys/fs/cgroup/memory", "cgroup", "memory");
  expect(() => findHierarchies(none)).toThrow("mount -t cgroup2");
});
