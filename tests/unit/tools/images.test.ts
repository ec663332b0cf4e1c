import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ensureTools, IMAGES, imageReference } from "../../../local/tools";
import { INDEX_TYPE, MANIFEST_TYPE } from "../../../local/tools/images/oci";
import { packImage } from "../../../local/tools/images/pack";
import { completeRoot, ROOT } from "../../../local/tools/images/root";
import { TOOLS } from "../../../local/tools/pinned";
import { selectTargets } from "../../../local/tools/select";
import { allTargets } from "../../../local/tools/targets";
import { officialPlaces, Places, programsOf } from "./places";

const { env } = process;
const arch = process.arch === "x64" ? "amd64" : "arm64";
const all = allTargets({ arch });
const images = selectTargets(all, ["images"]);
const coredns = images.find(({ name }) => name === "image-coredns")!;
const sha256 = (content: Buffer | string) => `sha256:${createHash("sha256").update(content).digest("hex")}`;

let scratch: string;
beforeEach(() => (scratch = fs.mkdtempSync(path.join(os.tmpdir(), "hardway-images-"))));
afterEach(() => {
  process.env = env;
  fs.rmSync(scratch, { recursive: true });
});

interface Layout {
  config: { architecture: string; config: Record<string, unknown>; rootfs: { diff_ids: string[] } };
  manifest: { mediaType: string; layers: { digest: string; size: number }[]; config: { digest: string } };
  blobs: string[];
}

/** Reads a layout whose image is one manifest. Throws when a blob is missing or has another digest than its name says. */
function readLayout(directory: string): Layout {
  const json = (file: string) => JSON.parse(fs.readFileSync(path.join(directory, file), "utf8")) as unknown;
  const blob = (digest: string) => json(`blobs/${digest.replace(":", "/")}`);
  const blobs = fs.readdirSync(path.join(directory, "blobs/sha256"));
  for (const hex of blobs) {
    const found = sha256(fs.readFileSync(path.join(directory, "blobs/sha256", hex)));
    if (found !== `sha256:${hex}`) throw new Error(`blob ${hex} has the digest ${found}`);
  }
  const index = json("index.json") as { manifests: { digest: string }[] };
  const manifest = blob(index.manifests[0]!.digest) as Layout["manifest"];
  return { manifest, config: blob(manifest.config.digest) as Layout["config"], blobs };
}

/** The lines of `tar -tv` for the layer. */
const listLayer = (directory: string, { manifest }: Layout) =>
  execFileSync("tar", ["-tvf", path.join(directory, "blobs", manifest.layers[0]!.digest.replace(":", "/"))], {
    encoding: "utf8",
    env: { ...env, TZ: "UTC" },
  })
    .trim()
    .split("\n")
    .map((line) => line.replace(/ +/g, " "));

describe("the targets", () => {
  test("are built only when they, their group or that of all workers is named", () => {
    const names = Object.keys(IMAGES).map((name) => `image-${name}`);
    expect(images.map(({ name }) => name)).toEqual(names);
    expect(selectTargets(all, ["images"]).map(({ name }) => name)).toEqual(names);
    const needed = ["pause", "busybox", "agnhost", "coredns", "metrics-server"].map((name) => `image-${name}`);
    expect(selectTargets(all, ["workers"]).flatMap(({ name, image }) => (image ? [name] : []))).toEqual(needed);
    expect(selectTargets(all, []).filter(({ image }) => image)).toEqual([]);
  });

  test("have the names that Pods use", () => {
    expect(imageReference("coredns")).toBe("registry.k8s.io/coredns/coredns:v1.15.0");
    expect(imageReference("pause")).toBe("registry.k8s.io/pause:3.10.2");
    expect(coredns.destination).toBe("mirror/images/coredns/coredns/v1.15.0");
  });

  test.each([
    ["coredns", "github.com/coredns/coredns"],
    ["metrics-server", "sigs.k8s.io/metrics-server"],
    ["kube-network-policies", "sigs.k8s.io/kube-network-policies"],
  ] as const)("%s is built from the Go module of the version that its tag names", (name, required) => {
    const { module, binaries } = images.find((target) => target.name === `image-${name}`)!;
    const [mod, sum] = ["go.mod", "go.sum"].map((file) => fs.readFileSync(path.join(TOOLS, module, file), "utf8"));
    expect(mod).toContain(`\t${required} ${IMAGES[name].tag} `);
    expect(mod).toContain(`tool ${Object.values(binaries)[0]}\n`);
    expect(sum).toContain(`${required} ${IMAGES[name].tag} h1:`);
  });
});

describe("packing", () => {
  const pack = async (directory: string) => {
    fs.mkdirSync(path.join(directory, ROOT), { recursive: true });
    fs.writeFileSync(path.join(directory, ROOT, "coredns"), "program");
    await completeRoot(coredns, directory, new AbortController().signal);
    return packImage(coredns.image!, "arm64", directory);
  };

  test("makes a layout in which everything has the digest of its name, and the index comes last", async () => {
    const files = await pack(scratch);
    const { config, manifest, blobs } = readLayout(scratch);
    expect(files.at(-1)).toBe("index.json");
    expect(files.slice(0, -2).sort()).toEqual(blobs.map((hex) => `blobs/sha256/${hex}`).sort());
    expect(manifest.mediaType).toBe(MANIFEST_TYPE);
    expect(config.rootfs.diff_ids).toEqual([manifest.layers[0]!.digest]);
    expect(config.architecture).toBe("arm64");
    expect(config.config).toMatchObject({ Entrypoint: ["/coredns"], User: "65532:65532", WorkingDir: "/" });
  });

  test("gives the same image at another time, in another place and with another umask, readable by all users", async () => {
    await pack(path.join(scratch, "a"));
    const before = process.umask(0o077);
    try {
      await pack(path.join(scratch, "b"));
    } finally {
      process.umask(before);
    }
    const [a, b] = ["a", "b"].map((run) => fs.readFileSync(path.join(scratch, run, "index.json"), "utf8"));
    expect(b).toBe(a);
    expect(listLayer(path.join(scratch, "b"), readLayout(path.join(scratch, "b")))).toEqual([
      "drwxr-xr-x 0/0 0 1970-01-01 00:00 ./",
      "-rwxr-xr-x 0/0 7 1970-01-01 00:00 ./coredns",
      "drwxr-xr-x 0/0 0 1970-01-01 00:00 ./etc/",
      expect.stringMatching(/^-rw-r--r-- 0\/0 \d+ 1970-01-01 00:00 \.\/etc\/group$/),
      expect.stringMatching(/^-rw-r--r-- 0\/0 \d+ 1970-01-01 00:00 \.\/etc\/passwd$/),
      "drwxrwxrwt 0/0 0 1970-01-01 00:00 ./tmp/",
    ]);
  });
});

const layout = (destination: string) => path.join(scratch, "hardway", destination);
const ensure = (...names: string[]) => ensureTools({ names, log: () => undefined });

describe("a build", () => {
  const DEBIAN = {
    "apt-get": "#!/bin/sh\n: > busybox-static_1_all.deb\n",
    "dpkg-deb":
      "#!/bin/sh\n/bin/mkdir -p package/bin\nprintf '#!/bin/sh\\nprintf \"busybox\\nsh\\nls\\n\"\\n' >package/bin/busybox\n",
  };
  const build = (programs: Record<string, string>) => {
    process.env = { XDG_CACHE_HOME: scratch, PATH: programsOf(scratch, programs), HARDWAY_TOOLS: "build" };
  };

  test("puts a program into its image", async () => {
    build({});
    await ensure("image-coredns");
    const found = readLayout(layout(coredns.destination));
    expect(listLayer(layout(coredns.destination), found)).toContain("-rwxr-xr-x 0/0 6 1970-01-01 00:00 ./coredns");
    expect(fs.readdirSync(layout(coredns.destination)).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
  });

  test("puts Debian's busybox into an image, with a link for each of its commands", async () => {
    build(DEBIAN);
    await ensure("image-busybox");
    const { destination } = images.find(({ name }) => name === "image-busybox")!;
    const found = readLayout(layout(destination));
    expect(found.config.config.Cmd).toEqual(["sh"]);
    expect(listLayer(layout(destination), found).filter((line) => line.includes("./bin/"))).toEqual([
      "drwxr-xr-x 0/0 0 1970-01-01 00:00 ./bin/",
      expect.stringMatching(/^-rwxr-xr-x 0\/0 \d+ 1970-01-01 00:00 \.\/bin\/busybox$/),
      "lrwxrwxrwx 0/0 0 1970-01-01 00:00 ./bin/ls -> busybox",
      "lrwxrwxrwx 0/0 0 1970-01-01 00:00 ./bin/sh -> busybox",
    ]);
  });

  test("says what is missing when apt has no busybox, and publishes nothing", async () => {
    build({ ...DEBIAN, "apt-get": "#!/bin/sh\necho 'E: Unable to locate package' >&2\nexit 100\n" });
    await expect(ensure("image-busybox")).rejects.toThrow(
      /E: Unable to locate package\s+The package busybox-static is/,
    );
    expect(fs.existsSync(layout("mirror"))).toBe(false);
  });
});

describe("an official image", () => {
  const BASE = "registry.k8s.io/v2/coredns/coredns";
  let places: Places;
  let layer: string;
  beforeEach(async () => {
    places = await officialPlaces();
    process.env = { XDG_CACHE_HOME: scratch, PATH: programsOf(scratch), HARDWAY_TOOLS_MIRROR: places.url };
    process.env.HARDWAY_TOOLS = "official";
    const put = (kind: string, content: object | string) => {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      places.files.set(`${BASE}/${kind}/${sha256(text)}`, Buffer.from(text));
      return { digest: sha256(text), size: text.length };
    };
    layer = put("blobs", "a layer").digest;
    const config = put("blobs", { architecture: arch, config: {}, rootfs: { diff_ids: [] } });
    const layers = [{ digest: layer }, { digest: layer }];
    const manifest = put("manifests", { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers });
    const platforms = [
      { ...put("manifests", "that of another platform"), platform: { os: "linux", architecture: "s390x" } },
      { ...manifest, platform: { os: "linux", architecture: arch } },
    ];
    const index = put("manifests", { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: platforms });
    places.files.set(`${BASE}/manifests/v1.15.0`, places.files.get(`${BASE}/manifests/${index.digest}`)!);
  });
  afterEach(() => places.close());

  test("is fetched for this machine's platform into the same layout, and keeps its digest", async () => {
    await ensure("image-coredns");
    const files = layout(coredns.destination);
    const index = JSON.parse(fs.readFileSync(path.join(files, "index.json"), "utf8")) as {
      manifests: { digest: string; mediaType: string }[];
    };
    expect(index.manifests).toEqual([
      expect.objectContaining({
        mediaType: INDEX_TYPE,
        digest: sha256(places.files.get(`${BASE}/manifests/v1.15.0`)!),
      }),
    ]);
    expect(fs.readdirSync(path.join(files, "blobs/sha256"))).toHaveLength(4);
    expect(places.asked.filter((one) => one.endsWith(layer))).toHaveLength(1);
    places.asked.length = 0;
    await ensure("image-coredns");
    expect(places.asked).toEqual([]);
  });

  test("of which a part is wrong is an error, and nothing is published", async () => {
    places.files.set(`${BASE}/blobs/${layer}`, Buffer.from("b layer"));
    await expect(ensure("image-coredns")).rejects.toThrow(
      `${places.url}/${BASE}/blobs/${layer} has the wrong content: its SHA-256 is ${sha256("b layer").slice(7)}; nothing of it`,
    );
    expect(fs.readdirSync(layout(""))).toEqual([]);
  });

  test("that is not for this machine is an error", async () => {
    const index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [{ digest: layer }] };
    const text = JSON.stringify(index);
    for (const reference of ["v1.15.0", sha256(text)])
      places.files.set(`${BASE}/manifests/${reference}`, Buffer.from(text));
    await expect(ensure("image-coredns")).rejects.toThrow(`/manifests/v1.15.0 has no image for linux/${arch}; nothing`);
  });

  test.each(["<html>Sign in</html>", "{}", "null"])("that is %s cannot be had, and is built instead", async (text) => {
    places.files.set(`${BASE}/manifests/v1.15.0`, Buffer.from(text));
    await expect(ensure("image-coredns")).rejects.toThrow(/images \(\S+v1\.15\.0 has no manifest of an image\)/);
    process.env.HARDWAY_TOOLS = "auto";
    await ensure("image-coredns");
    expect(readLayout(layout(coredns.destination)).config.config.Entrypoint).toEqual(["/coredns"]);
  });

  test("is fetched also where a pulumi on PATH has its own plugins", async () => {
    programsOf(scratch, { pulumi: "#!/bin/sh\necho v3.100.0\n", "pulumi-language-nodejs": "#!/bin/sh\n" });
    await ensure("image-coredns", "plugins");
    expect(fs.existsSync(path.join(layout(coredns.destination), "index.json"))).toBe(true);
  });
});
