import { findHierarchies, isLegacy } from "../../../../local/cloud/fabric/cgroups";

const line = (mountPoint: string, type: string, options: string) =>
  `30 24 0:26 / ${mountPoint} rw,nosuid shared:9 - ${type} none rw,${options}`;

it("finds the hierarchy of a host with cgroup v2", () => {
  expect(findHierarchies(line("/sys/fs/cgroup", "cgroup2", "nsdelegate"))).toEqual({
    unified: "/sys/fs/cgroup",
    legacy: {},
  });
});

it("finds all hierarchies of cgroup v1 beside a v2 tree", () => {
  const mounts = [
    line("/sys/fs/cgroup", "tmpfs", "mode=755"),
    line("/sys/fs/cgroup/cpu,cpuacct", "cgroup", "cpu,cpuacct"),
    line("/sys/fs/cgroup/memory", "cgroup", "memory"),
    line("/sys/fs/cgroup/freezer", "cgroup", "clone_children,freezer"),
    line("/sys/fs/cgroup/systemd", "cgroup", "xattr,name=systemd"),
    line("/sys/fs/cgroup/unified", "cgroup2", "nsdelegate"),
    line("/somewhere/else", "cgroup2", "nsdelegate"),
  ].join("\n");
  expect(findHierarchies(mounts)).toEqual({
    unified: "/sys/fs/cgroup/unified",
    legacy: {
      cpu: "/sys/fs/cgroup/cpu,cpuacct",
      cpuacct: "/sys/fs/cgroup/cpu,cpuacct",
      freezer: "/sys/fs/cgroup/freezer",
      memory: "/sys/fs/cgroup/memory",
      "name=systemd": "/sys/fs/cgroup/systemd",
    },
  });
});

it("knows which version has the controllers, also when a single one of v1 is mounted", () => {
  const unified = line("/sys/fs/cgroup", "cgroup2", "nsdelegate");
  const isLegacyWith = (controller: string) =>
    isLegacy(findHierarchies([unified, line(`/mnt/${controller}`, "cgroup", controller)].join("\n")));
  expect(isLegacy(findHierarchies(unified))).toBe(false);
  expect(isLegacyWith("net_cls")).toBe(false);
  expect(isLegacyWith("memory")).toBe(true);
});

it("says how to mount a v2 tree when there is none", () => {
  const none = line("/sys/fs/cgroup/memory", "cgroup", "memory");
  expect(() => findHierarchies(none)).toThrow("mount -t cgroup2");
});
