import { IMAGES_DIR, layoutDir } from "./images/oci";
import { ROOT } from "./images/root";
import { Image, Target } from "./target";
import { ImageName, IMAGES } from "./versions-images";

/** Builds for a first time, of images that need nothing but a small program. */
const SMALL = { seconds: 5, megabytes: 50 };

/** The images that `make workers` needs, and those of tests and first trials. Nothing runs the other one yet. */
const RUN_BY_WORKERS: ImageName[] = ["pause", "busybox", "agnhost", "coredns", "metrics-server"];

/** The images that workers of the local cloud pull from its mirror, as OCI layouts. They are built only when they are named. */
export function imageTargets(): Target[] {
  return [
    { ...image("pause", { pause: "." }, { entrypoint: ["/pause"], user: "65535:65535" }), ...SMALL },
    { ...image("busybox", {}, { command: ["sh"], busybox: true }), ...SMALL },
    {
      ...image("agnhost", { agnhost: "." }, { entrypoint: ["/agnhost"], command: ["pause"], busybox: true }),
      ...SMALL,
    },
    {
      ...image("coredns", { coredns: "github.com/coredns/coredns" }, { entrypoint: ["/coredns"], user: "65532:65532" }),
      stamps: { "github.com/coredns/coredns/coremain.GitCommit": "go-module" },
      seconds: 150,
      megabytes: 1500,
    },
    {
      ...image(
        "metrics-server",
        { "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server" },
        { entrypoint: ["/metrics-server"], user: "65534" },
      ),
      stamps: { "k8s.io/client-go/pkg/version.gitVersion": IMAGES["metrics-server"].tag },
      seconds: 100,
      megabytes: 1500,
    },
    {
      ...image(
        "kube-network-policies",
        { "bin/netpol": "sigs.k8s.io/kube-network-policies/cmd" },
        { command: ["/bin/netpol"] },
      ),
      seconds: 130,
      megabytes: 1500,
    },
  ];
}

/** `programs`: the package for each path in the image. */
function image(name: ImageName, programs: Record<string, string>, start: Omit<Image, "repository">) {
  const { repository, tag } = IMAGES[name];
  const module = `images/${name}`;
  return {
    id: `image-${name}`,
    name: `image-${name}`,
    groups: ["images", ...(RUN_BY_WORKERS.includes(name) ? ["workers"] : [])],
    onlyNamed: true,
    version: tag,
    lane: 1 as const,
    module,
    sources: Object.keys(programs).length > 0 ? [module] : [],
    binaries: Object.fromEntries(Object.entries(programs).map(([file, pkg]) => [`${ROOT}/${file}`, pkg])),
    stamps: {},
    destination: `mirror/${IMAGES_DIR}/${layoutDir(repository, tag)}`,
    layout: "files" as const,
    image: { repository, ...start },
  };
}
