import { readdirSync, readFileSync } from "fs";
import { join } from "path";
import { parse } from "yaml";
import { schema } from "../../settings/schema";
import { cidrRange } from "../../lib/ipv4";
import { consent } from "../../tasks/consent";
import { checkSettings as check, environments, openStack } from "../../tasks/stack";

const root = join(__dirname, "../..");
const checkSettings = (stack: string) => check(openStack(stack))!;
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("dev and prod are environments, and the local stack is not", () => {
  expect(environments()).toEqual(expect.arrayContaining(["dev", "prod"]));
  expect(environments()).not.toContain("local");
});

describe.each(environments())("Pulumi.%s.yaml", (name) => {
  const file = parse(read(`Pulumi.${name}.yaml`)) as Record<string, unknown> & { config: Record<string, unknown> };

  test("has all settings that are needed", () => expect(checkSettings(name).controllers).toBeGreaterThan(0));

  test("holds nothing but settings and what the engine adds for encryption", () => {
    const known = ["gcp:project", "gcp:region", ...Object.keys(schema.shape).map((key) => `hardway:${key}`)];
    expect(Object.keys(file.config).filter((key) => !known.includes(key))).toEqual([]);
    const added = ["config", "secretsprovider", "encryptedkey", "encryptionsalt"];
    expect(Object.keys(file).filter((key) => !added.includes(key))).toEqual([]);
  });
});

test("prod has more machines and zones than dev, narrower address ranges, and keeps its audit log longer", () => {
  const [dev, prod] = [checkSettings("dev"), checkSettings("prod")];
  const hosts = (ranges: string[]) => ranges.reduce((sum, cidr) => sum + 2 ** (32 - cidrRange(cidr).prefix), 0);
  expect(prod.controllers).toBe(5);
  expect(prod.zones).toHaveLength(3);
  expect(prod.controllers).toBeGreaterThan(dev.controllers);
  expect(hosts(prod.administratorCidrs)).toBeLessThan(hosts(dev.administratorCidrs));
  expect(hosts(prod.apiClientCidrs)).toBeLessThan(hosts(dev.apiClientCidrs));
  expect(prod.auditMaxAgeDays).toBeGreaterThan(dev.auditMaxAgeDays);
});

test("the program uses the stack's name for its default name only", () => {
  const folders = ["components", "node", "settings"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((file) => `${folder}/${String(file)}`),
  );
  const sources = ["index.ts", "config.ts", "outputs.ts", ...folders].filter((file) => file.endsWith(".ts"));
  expect(sources.filter((file) => /getStack\(|PULUMI_STACK/.test(read(file)))).toEqual(["config.ts"]);
  expect(read("config.ts").match(/getStack\(/g)).toHaveLength(1);
});

test("Pulumi.yaml sets neither a state backend nor a secrets provider", () => {
  expect(read("Pulumi.yaml")).not.toMatch(/^backend:|secretsprovider/m);
});

test.each(["nope", "../dev", "Dev"])(
  "a stack that does not exist, %s, is an error that lists those that do",
  (name) => {
    expect(() => openStack(name)).toThrow(
      `STACK=${name} has no settings file Pulumi.${name}.yaml; write one, or use one of dev`,
    );
  },
);

describe("before a cloud is changed", () => {
  test("a person at a terminal is asked", () => expect(consent("", true)).toEqual([]));
  test("YES=1 answers for a workflow", () => expect(consent("1", false)).toEqual(["--yes"]));
  test("without a terminal nothing is changed", () => expect(() => consent("", false)).toThrow("set YES=1 to go on"));
  test("another value of YES is an error", () =>
    expect(() => consent("no", true)).toThrow('YES must be 1, or unset to be asked; got "no"'));
});
