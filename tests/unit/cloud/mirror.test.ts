import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { FastifyInstance } from "fastify";
import { mirrorServer } from "../../../local/cloud/mirror/server";

let root: string;
let app: FastifyInstance;
let url: string;
const FILE = "kubernetes/v1.36.3/bin/linux/amd64/kubectl";

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "mirror-test-"));
  fs.mkdirSync(path.join(root, "m", path.dirname(FILE)), { recursive: true });
  fs.writeFileSync(path.join(root, "m", FILE), "0123456789");
  fs.writeFileSync(path.join(root, "m", `${FILE}.sha256`), "abc");
  fs.writeFileSync(path.join(root, "m", ".hidden"), "x");
  fs.writeFileSync(path.join(root, "secret"), "x");
  app = mirrorServer(path.join(root, "m"));
  url = await app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await app.close();
  fs.rmSync(root, { recursive: true });
});

test("serves files with their length", async () => {
  const answer = await fetch(`${url}/${FILE}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-length")).toBe("10");
  expect(await answer.text()).toBe("0123456789");
  expect(await (await fetch(`${url}/${FILE}.sha256`)).text()).toBe("abc");
});

test("redirects to its files, as the official mirrors do", async () => {
  const answer = await fetch(`${url}/${FILE}`, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([302, `/files/${FILE}`]);
});

test("HEAD returns only the length", async () => {
  const answer = await fetch(`${url}/${FILE}`, { method: "HEAD" });
  expect([answer.status, answer.headers.get("content-length"), await answer.text()]).toEqual([200, "10", ""]);
});

test("a range returns that part, and a range outside the file is refused", async () => {
  const part = await fetch(`${url}/${FILE}`, { headers: { Range: "bytes=4-6" } });
  expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 4-6/10", "456"]);
  expect((await fetch(`${url}/${FILE}`, { headers: { Range: "bytes=50-60" } })).status).toBe(416);
});

test.each([
  ["GET", "kubernetes/v0/none", 404],
  ["GET", "kubernetes/", 403],
  ["GET", "", 403],
  ["GET", "..%2fsecret", 403],
  ["GET", "%2e%2e/secret", 404],
  ["GET", ".hidden", 403],
  ["GET", "a%00b", 400],
  ["GET", "files/..%2fsecret", 403],
  ["GET", "files/.hidden", 403],
  ["PUT", FILE, 404],
  ["DELETE", FILE, 404],
])("%s /%s gets %i", async (method, name, status) => {
  const answer = await fetch(`${url}/${name}`, { method });
  expect(answer.status).toBe(status);
  expect(await answer.text()).not.toBe("x");
  expect(fs.existsSync(path.join(root, "m", FILE))).toBe(true);
});
