import { readdirSync, readFileSync } from "fs";
import { join } from "path";
import { parse } from "yaml";
import { schema } from "../../settings/schema";
import { cidrRange } from "../../lib/ipv4";
import { consent } from "../../tasks/consent";
import { environments } from "../../tasks/environments";
import { checkSettings as check } from "../../tasks/preflight";
import { openStack } from "../../tasks/stack/stack";

const root = join(__dirname, "../..");
const checkSettings = (stack: string) => check(stack)!;
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("dev and prod are environments, the local stack is none", () => {
  expect(environments()).toEqual(expect.arrayContaining(["dev", "prod"]));
  expect(environments()).not.toContain("local");
});

describe.each(environments())("Pulumi.%s.yaml", (name) => {
  const file = parse(read(`Pulumi.${name}.yaml`)) as Record<string, unknown> & { config: Record<string, unknown> };

  test("is a whole set of settings", () => expect(checkSettings(name).controllers).toBeGreaterThan(0));

  test("holds settings alone; what the engine adds tells nothing to who has no key", () => {
    const known = ["gcp:project", "gcp:region", ...Object.keys(schema.shape).map((key) => `hardway:${key}`)];
    expect(Object.keys(file.config).filter((key) => !known.includes(key))).toEqual([]);
    const added = ["config", "secretsprovider", "encryptedkey", "encryptionsalt"];
    expect(Object.keys(file).filter((key) => !added.includes(key))).toEqual([]);
  });
});

test("prod has more machines and zones than dev, fewer who may log in, and keeps its audit log for longer", () => {
  const [dev, prod] = [checkSettings("dev"), checkSettings("prod")];
  const hosts = (ranges: string[]) => ranges.reduce((sum, cidr) => sum + 2 ** (32 - cidrRange(cidr).prefix), 0);
  expect(prod.controllers).toBe(5);
  expect(prod.zones).toHaveLength(3);
  expect(prod.controllers).toBeGreaterThan(dev.controllers);
  expect(hosts(prod.administratorCidrs)).toBeLessThan(hosts(dev.administratorCidrs));
  expect(hosts(prod.apiClientCidrs)).toBeLessThan(hosts(dev.apiClientCidrs));
  expect(prod.auditMaxAgeDays).toBeGreaterThan(dev.auditMaxAgeDays);
});

test("the program does not know which stack it is, but for its default name", () => {
  const folders = ["components", "node", "settings"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((file) => `${folder}/${String(file)}`),
  );
  const sources = ["index.ts", "config.ts", "outputs.ts", ...folders].filter((file) => file.endsWith(".ts"));
  expect(sources.filter((file) => /getStack|PULUMI_STACK/.test(read(file)))).toEqual(["config.ts"]);
  expect(read("config.ts").match(/getStack/g)).toHaveLength(1);
});

test("the project names neither a state backend nor a secrets provider", () => {
  expect(read("Pulumi.yaml")).not.toMatch(/^backend:|secretsprovider/m);
});

test.each(["nope", "../dev", "Dev"])(
  "a stack that does not exist, %s, is an error that lists those that do",
  (name) => {
    expect(() => openStack(name)).toThrow(
      `STACK=${name}: there is no Pulumi.${name}.yaml; write one, or use one of dev`,
    );
  },
);

describe("before a cloud is changed", () => {
  test("a person is asked", () => expect(consent("", true)).toEqual([]));
  test("YES=1 is the answer of a workflow", () => expect(consent("1", false)).toEqual(["--yes"]));
  test("without a terminal nothing is changed", () => expect(() => consent("", false)).toThrow("use YES=1 to go on"));
  test("YES=no is no answer", () => expect(() => consent("no", true)).toThrow("YES=no: is no answer"));
});
