/**
 * The images that workers pull: all of registry.k8s.io. Where an image is built from Go modules, the module pins the version;
 * a test compares them.
 */
export const IMAGES = {
  // The sandbox image that containerd 2.4.2 takes by default.
  pause: { repository: "pause", tag: "3.10.2" },
  busybox: { repository: "e2e-test-images/busybox", tag: "1.29-4" },
  agnhost: { repository: "e2e-test-images/agnhost", tag: "2.53" },
  coredns: { repository: "coredns/coredns", tag: "v1.15.0" },
  "metrics-server": { repository: "metrics-server/metrics-server", tag: "v0.9.0" },
  "kube-network-policies": { repository: "networking/kube-network-policies", tag: "v0.8.0" },
} as const satisfies Record<string, { repository: string; tag: string }>;

/** The name of an image in {@link IMAGES}. */
export type ImageName = keyof typeof IMAGES;

/** The registry that all images come from. */
export const REGISTRY = "registry.k8s.io";

/** What a Pod names: "registry.k8s.io/pause:3.10.2". */
export function imageReference(name: ImageName): string {
  const { repository, tag } = IMAGES[name];
  return `${REGISTRY}/${repository}:${tag}`;
}
