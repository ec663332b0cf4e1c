import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { connect } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import type { FastifyInstance } from "fastify";
import { mirrorServer } from "../../../local/cloud/mirror/server";
import { completeRoot, ROOT } from "../../../local/tools/images/root";
import { packImage } from "../../../local/tools/images/pack";
import { allTargets } from "../../../local/tools/targets";

const NAME = "coredns/coredns";
const TAG = "v1.15.0";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const ABSENT = `sha256:${"0".repeat(64)}`;

let root: string;
let app: FastifyInstance;
let url: string;
let manifest: string;
let layer: { digest: string; size: number };

/** Builds the image of a program that is only text, into the mirror's directory. */
async function publish(name: string, tag: string): Promise<void> {
  const layout = path.join(root, "mirror/images", name, tag);
  const target = allTargets({ arch: "amd64" }).find((one) => one.name === "image-coredns")!;
  fs.mkdirSync(path.join(layout, ROOT), { recursive: true });
  fs.writeFileSync(path.join(layout, ROOT, "coredns"), `program of ${name}`);
  await completeRoot(target, layout, new AbortController().signal);
  await packImage(target.image!, "amd64", layout);
  fs.rmSync(path.join(layout, ROOT), { recursive: true });
}

const sha256 = (content: Buffer | string) => `sha256:${createHash("sha256").update(content).digest("hex")}`;
const get = (what: string, init?: RequestInit) => fetch(`${url}/v2/${what}`, init);
const codeOf = async (answer: Response) =>
  ((await answer.json()) as { errors: { code: string; message: string }[] }).errors.map(({ code }) => code);

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "registry-test-"));
  await publish(NAME, TAG);
  fs.writeFileSync(path.join(root, "mirror/images/secret"), "x");
  app = mirrorServer(path.join(root, "mirror"));
  url = await app.listen({ host: "127.0.0.1", port: 0 });
  manifest = await (await get(`${NAME}/manifests/${TAG}`)).text();
  layer = (JSON.parse(manifest) as { layers: (typeof layer)[] }).layers[0]!;
});
afterAll(async () => {
  await app.close();
  fs.rmSync(root, { recursive: true });
});

test.each(["", "/"])("/v2%s says that this is a registry", async (end) => {
  const answer = await fetch(`${url}/v2${end}`, { redirect: "error" });
  expect([answer.status, answer.headers.get("docker-distribution-api-version")]).toEqual([200, "registry/2.0"]);
});

test("a manifest has its type and digest, by tag and by digest, with and without the registry's name", async () => {
  const digest = sha256(manifest);
  for (const what of [TAG, digest, encodeURIComponent(digest), `${TAG}?ns=registry.k8s.io`]) {
    for (const method of ["GET", "HEAD"]) {
      const answer = await get(`${NAME}/manifests/${what}`, { method, redirect: "error" });
      const { headers } = answer;
      expect([answer.status, headers.get("content-type"), headers.get("docker-content-digest")]).toEqual([
        200,
        MANIFEST,
        digest,
      ]);
      expect(headers.get("content-length")).toBe(String(manifest.length));
      expect(await answer.text()).toBe(method === "GET" ? manifest : "");
    }
  }
});

test("a blob comes whole, in parts, and as a length", async () => {
  const { digest, size } = layer;
  const whole = await get(`${NAME}/blobs/${digest}?ns=registry.k8s.io`, { redirect: "error" });
  expect([whole.headers.get("content-type"), whole.headers.get("docker-content-digest")]).toEqual([
    "application/octet-stream",
    digest,
  ]);
  const content = Buffer.from(await whole.arrayBuffer());
  expect([sha256(content), content.length]).toEqual([digest, size]);

  const part = await get(`${NAME}/blobs/${digest}`, { headers: { Range: "bytes=512-1023" } });
  expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 512-1023/${size}`]);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(content.subarray(512, 1024));
  const outside = await get(`${NAME}/blobs/${digest}`, { headers: { Range: `bytes=${size + 1}-` } });
  expect(outside.status).toBe(416);
  const head = await get(`${NAME}/blobs/${digest}`, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, String(size), ""]);
});

test.each([
  [`${NAME}/manifests/v0`, 404, "MANIFEST_UNKNOWN"],
  [`${NAME}/manifests/${ABSENT}`, 404, "MANIFEST_UNKNOWN"],
  [`${NAME}/blobs/${ABSENT}`, 404, "BLOB_UNKNOWN"],
  [`coredns/manifests/${TAG}`, 404, "MANIFEST_UNKNOWN"],
  [`coredns/manifests/coredns`, 404, "MANIFEST_UNKNOWN"],
  [`${NAME}/manifests/${TAG}?ns=docker.io`, 404, "MANIFEST_UNKNOWN"],
  [`${NAME}/manifests/${TAG}?ns=a&ns=registry.k8s.io`, 404, "MANIFEST_UNKNOWN"],
  [`Coredns/manifests/${TAG}`, 400, "NAME_INVALID"],
  [`${"a".repeat(300)}/manifests/${TAG}`, 400, "NAME_INVALID"],
  [`..%2f..%2fetc/manifests/${TAG}`, 400, "NAME_INVALID"],
  [`${NAME}/${TAG}%2f../manifests/${TAG}`, 400, "NAME_INVALID"],
  [`${NAME}/manifests/-x`, 400, "MANIFEST_INVALID"],
  [`${NAME}/manifests/sha256:abc`, 400, "MANIFEST_INVALID"],
  [`${NAME}/blobs/sha256:..%2f..%2fsecret`, 404, "UNSUPPORTED"],
  [`${NAME}/blobs/secret`, 400, "DIGEST_INVALID"],
  [`${NAME}/blobs/sha512:${"0".repeat(128)}`, 400, "DIGEST_INVALID"],
  [`${NAME}/tags/list`, 404, "UNSUPPORTED"],
  ["_catalog", 404, "UNSUPPORTED"],
])("/v2/%s gets %i %s", async (what, status, code) => {
  const answer = await get(what, { redirect: "error" });
  expect([answer.status, await codeOf(answer)]).toEqual([status, [code]]);
});

test("a layer is not served as a manifest, but a manifest may be fetched as a blob", async () => {
  expect((await get(`${NAME}/manifests/${layer.digest}`)).status).toBe(404);
  expect(await (await get(`${NAME}/blobs/${sha256(manifest)}`)).text()).toBe(manifest);
});

test.each(["POST", "PUT", "PATCH", "DELETE"])("%s is refused, and changes nothing", async (method) => {
  for (const what of ["", `${NAME}/blobs/uploads/`, `${NAME}/manifests/${TAG}`]) {
    const answer = await get(what, { method });
    expect([answer.status, answer.headers.get("allow"), await codeOf(answer)]).toEqual([
      405,
      "GET, HEAD",
      ["UNSUPPORTED"],
    ]);
  }
  expect(await (await get(`${NAME}/manifests/${TAG}`)).text()).toBe(manifest);
});

test("dots that a client sends as they are do not leave the directory of images", async () => {
  const { port } = new URL(url);
  const raw = (target: string) =>
    new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(Number(port), "127.0.0.1", () =>
        socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      );
      socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
      socket.on("end", () => resolve(text));
      socket.on("error", reject);
    });
  expect(await raw(`/v2/a/../manifests/${TAG}`)).toMatch(/^HTTP\/1\.1 400 .*"NAME_INVALID"/s);
  expect(await raw("/v2/a/blobs/..")).toMatch(/^HTTP\/1\.1 400 .*"DIGEST_INVALID"/s);
  expect(await raw("/v2/%ff/manifests/x")).toMatch(/^HTTP\/1\.1 400 /);
});

test("an image is served once its index is there, by a mirror that runs already", async () => {
  const ask = async () => (await get("pause/manifests/3.10.2")).status;
  expect(await ask()).toBe(404);
  await publish("pause", "3.10.2");
  expect(await ask()).toBe(200);
  fs.writeFileSync(path.join(root, "mirror/images/pause/3.10.2/index.json"), "{");
  expect(await ask()).toBe(404);
  fs.rmSync(path.join(root, "mirror/images/pause/3.10.2/index.json"));
  expect(await ask()).toBe(404);
});
