import { mkdtempSync, readFileSync, rmSync } from "fs";
import { createServer, IncomingMessage, Server } from "http";
import { createServer as createSecureServer, get, Server as SecureServer } from "https";
import { AddressInfo, connect, Socket } from "net";
import { tmpdir } from "os";
import { join } from "path";
import { ask } from "../../../components/readiness";
import { askGoogle } from "../../../lib/google";
import { output } from "../../../lib/process";
import { httpsProxy, routeTo, withoutProxy } from "../../../lib/proxy";
import { kubeconfig } from "../../../node/programs/kubeconfig";
import { openStack } from "../../../tasks/stack";
import { Api } from "../../../verify/api";

const PROXY = "http://192.0.2.1:3128";
const SERVER = "https://api.invalid:6443";
const READYZ = "https://203.0.113.130:6443/readyz";

describe("the proxy for an https URL", () => {
  test.each([
    ["HTTPS_PROXY", { HTTPS_PROXY: PROXY }, PROXY],
    ["https_proxy", { https_proxy: PROXY }, PROXY],
    ["both: capitals win", { HTTPS_PROXY: PROXY, https_proxy: "http://other" }, PROXY],
    ["one without a scheme", { HTTPS_PROXY: "192.0.2.1:3128" }, PROXY],
    ["HTTP_PROXY, which is for http", { HTTP_PROXY: PROXY }, undefined],
    ["none", {}, undefined],
  ])("%s", (_name, env, expected) => expect(httpsProxy(READYZ, env)).toBe(expected));

  test.each(["https://127.0.0.1:1", "https://127.9.9.9", "https://localhost", "https://[::1]:6443"])(
    "%s: none",
    (url) => expect(httpsProxy(url, { HTTPS_PROXY: PROXY })).toBeUndefined(),
  );

  // What Go's golang.org/x/net/http/httpproxy does with the same list.
  test.each([
    ["*", READYZ, true],
    ["203.0.113.130", READYZ, true],
    ["203.0.113.131", READYZ, false],
    ["203.0.113.130:6443", READYZ, true],
    ["203.0.113.130:443", READYZ, false],
    ["10.0.0.0/8, 203.0.113.0/24", READYZ, true],
    ["203.0.113.0/26", READYZ, false],
    ["203.0.113.0/99", READYZ, false],
    ["2001:db8::/32", "https://[2001:db8::5]:6443", true],
    ["2001:db8::5", "https://[2001:db8::5]:6443", true],
    ["2001:db8::/32", READYZ, false],
    ["example.com", "https://api.example.com", true],
    ["example.com", "https://example.com", true],
    [".example.com", "https://api.Example.com", true],
    [".example.com", "https://example.com", false],
    ["*.example.com", "https://api.example.com", true],
    ["example.com", "https://notexample.com", false],
    ["example.com:443", "https://api.example.com", true],
    ["", READYZ, false],
  ])("NO_PROXY=%s covers %s: %s", (list, url, covered) => {
    expect(httpsProxy(url, { HTTPS_PROXY: PROXY, NO_PROXY: list })).toBe(covered ? undefined : PROXY);
    expect(httpsProxy(url, { HTTPS_PROXY: PROXY, no_proxy: list })).toBe(covered ? undefined : PROXY);
  });
});

describe("what keeps hosts from the proxy", () => {
  const hosts = ["localhost", "203.0.113.0/24"];
  test("is added to what the user keeps from it", () => {
    const list = "10.0.0.0/8,localhost,203.0.113.0/24";
    const env = { https_proxy: PROXY, no_proxy: "10.0.0.0/8, localhost" };
    expect(withoutProxy(hosts, env)).toEqual({ NO_PROXY: list, no_proxy: list });
  });
  test("is nothing without a proxy", () => expect(withoutProxy(hosts, { NO_PROXY: "x" })).toEqual({}));
});

test("a local stack's addresses go to no proxy; those of other stacks do, and loopback never does", () => {
  const { env } = process;
  process.env = { ...env, HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY, NO_PROXY: "intern" };
  try {
    const [local, dev] = ["local", "dev"].map((name) => openStack(name).environment);
    expect(httpsProxy(READYZ, local)).toBeUndefined();
    expect(local!.no_proxy).toBe("intern,localhost,127.0.0.1,203.0.113.0/24");
    expect(httpsProxy(READYZ, dev)).toBe(PROXY);
    expect(dev!.no_proxy).toBe("intern,localhost,127.0.0.1");
  } finally {
    process.env = env;
  }
});

describe("requests of the program and of verify", () => {
  let api: SecureServer;
  let proxy: Server;
  /** What the proxy was asked for. */
  let asked: string[];
  let tunnel: (socket: Socket) => void;
  const open: Socket[] = [];
  const { env } = process;
  let own: { certificate: string; key: string };
  let kubeconfigText: string;

  beforeAll(async () => {
    own = await selfSigned("api.invalid");
    kubeconfigText = kubeconfig({ server: SERVER, ca: own.certificate, cluster: "test", user: "u", ...own });
  });
  beforeEach(async () => {
    asked = [];
    api = createSecureServer({ key: own.key, cert: own.certificate }, (_request, response) => response.end("ok"));
    proxy = createServer();
    for (const server of [api, proxy]) {
      server.on("connection", (socket: Socket) => open.push(socket));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    }
    tunnel = (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(connect((api.address() as AddressInfo).port, "127.0.0.1")).pipe(socket);
    };
    proxy.on("connect", ({ url }: IncomingMessage, socket: Socket) => {
      asked.push(url!);
      tunnel(socket);
    });
    process.env = { ...env, HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, NO_PROXY: "" };
  });
  afterEach(async () => {
    process.env = env;
    for (const socket of open.splice(0)) socket.destroy();
    for (const server of [api, proxy]) await new Promise((resolve) => server.close(resolve));
  });
  const ready = (ca = own.certificate) => ask(`${SERVER}/readyz`, ca, own);

  test("go through the proxy that kubectl uses, with the certificates checked", async () => {
    expect(await ready()).toBe("ok");
    expect(await new Api(kubeconfigText).request("/version")).toMatchObject({
      status: 200,
      serverNames: ["api.invalid"],
    });
    expect(asked).toEqual(["api.invalid:6443", "api.invalid:6443"]);
    const { certificate: other } = await selfSigned("api.invalid");
    expect(await ready(other)).toMatch(/self-signed certificate through the proxy/);
  });

  test("go through it to Google's API, too", async () => {
    // Google's certificate is checked against the system's authorities, which did not sign this one.
    await expect(askGoogle("GET", "https://compute.invalid/compute/v1/", { token: "t" })).rejects.toThrow(
      /^no answer from https:\/\/compute\.invalid: self-signed certificate through the proxy 127/,
    );
    expect(asked).toEqual(["compute.invalid:443"]);
  });

  test("name the proxy when it refuses the connection", async () => {
    tunnel = (socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const { host } = new URL(process.env.HTTPS_PROXY!);
    expect(await ready()).toBe(`the proxy answered HTTP 403 through the proxy ${host}`);
    await expect(new Api(kubeconfigText).request("/version")).rejects.toThrow(
      `https://api.invalid:6443/version: the proxy answered HTTP 403 through the proxy ${host}`,
    );
  });

  test("end when the proxy never answers", async () => {
    const { agent, limit } = routeTo(SERVER);
    const request = get(SERVER, { agent });
    const error = new Promise<Error>((resolve) => request.once("error", resolve));
    const left = new Promise(
      (resolve) => (tunnel = (socket) => socket.resume().once("end", resolve).once("error", resolve)),
    );
    limit(request, 100);
    expect((await error).message).toBe("no answer within 0.1 s");
    await left;
    expect(asked).toEqual(["api.invalid:6443"]);
  });
});

/** A certificate that signs itself, and its key, as PEM. */
async function selfSigned(name: string): Promise<{ certificate: string; key: string }> {
  const directory = mkdtempSync(join(tmpdir(), "hardway-proxy-"));
  const [certificate, key] = ["certificate", "key"].map((file) => join(directory, file)) as [string, string];
  try {
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const names = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
    await output("openssl", ["req", "-x509", ...newKey, ...names, "-days", "1", "-keyout", key, "-out", certificate]);
    return { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
