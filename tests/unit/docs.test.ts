import { existsSync, readdirSync, readFileSync } from "fs";
import { basename, dirname, join } from "path";
import { HEALTH_CHECK_CIDRS } from "../../components/Network";
import { healthCheck, NOTICE_SECONDS } from "../../node/draining";
import { HEALTH_HOST, paths, ports, units, users } from "../../node/layout";
import { ETCD_MINORS, KUBERNETES_MINORS } from "../../node/versions";
import { RawSettings, schema } from "../../settings/schema";
import { withCertificates } from "../../tasks/docs/certificatesPage";
import { about, projectFile, withSettings } from "../../tasks/docs/settingsPage";
import { runChecks } from "../../verify/run";
import { checks } from "../../verify/verify";
import { HANDED_OVER } from "../e2e/load/nothingFailed";
import { Mocks } from "./mocks";
import { run } from "./run";
import { project } from "./settings";

const root = join(__dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const [certificates, machine, network] = ["certificates", "machine", "network"].map((name) =>
  read(`docs/${name}.md`),
) as [string, string, string];
/** Cells of a page's table rows, without their backquotes and bold. */
const rows = (page: string) =>
  [...page.matchAll(/^\|(.*)\|$/gm)].map(([, row]) => row!.split("|").map((cell) => cell.replace(/[`*]/g, "").trim()));

describe.each(pages)("%s", (page) => {
  test("every link into the repository leads somewhere", () => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) =>
      join(root, dirname(page), link!),
    );
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });

  test("every make target it names is one", () => {
    const targets = [...read("Makefile").matchAll(/^([a-z-]+):/gm)].map(([, target]) => target);
    const named = [...read(page).matchAll(/(?:`|^)make ([a-z-]+)/gm)].map(([, target]) => target);
    expect(named.filter((target) => !targets.includes(target))).toEqual([]);
  });

  test("every file of the repository it names in a command is there", () => {
    const files = [...read(page).matchAll(/npx tsx (\S+\.ts)/g)].map(([, file]) => file!);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

test("README.md leads to every page", () => {
  const linked = [...read("README.md").matchAll(/\]\((docs\/[a-z-]+\.md)\)/g)].map(([, page]) => page);
  expect(pages.filter((page) => page !== "README.md" && !linked.includes(page))).toEqual([]);
});

test("README.md names the supported versions", () => {
  const supported = `Kubernetes ${KUBERNETES_MINORS.join(" or ")} and etcd ${ETCD_MINORS.join(" or ")}`;
  expect(read("README.md")).toContain(supported);
});

test("README.md shows every check of `make verify`, in its order", async () => {
  const passing = checks.map(({ name }) => ({ name, run: () => Promise.resolve({ ok: true, seen: "" }) }));
  const context = { outputs: { controllers: [] } } as unknown as Parameters<typeof runChecks>[1];
  const names = (await runChecks(passing, context)).map(({ name }) => name);
  const page = read("README.md");
  expect([...page.matchAll(/^│ (.*?) +│ ok +│/gm)].map(([, name]) => name)).toEqual(names);
  expect(page).toContain(`\n${names.length} of ${names.length} checks ok on stack local`);
});

describe("a message that a page quotes is one that the code prints", () => {
  /** The program, the tasks and the local cloud, with the plugins that are written here. The engine's messages as its own library knows them. */
  const sources = ["components", "lib", "local", "node", "settings", "tasks", "verify"].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
      .filter((path) => /\.(ts|sh|go)$/.test(path) && !path.endsWith("_test.go"))
      .map((path) => read(join(room, path))),
  );
  sources.push(read("node_modules/@pulumi/pulumi/automation/errors.js"));
  /** The longest distance between two parts of a message, in characters of source code. */
  const GAP = 200;
  /** Whether one source file has the parts of a message around each `…`, in their order. */
  function isPrinted(message: string): boolean {
    const parts = message.split("…").map((part) => part.trim());
    const escaped = parts.filter(Boolean).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(escaped.join(`[^]{0,${GAP}}?`));
    return sources.some((source) => pattern.test(source));
  }

  const [, table] = /<!-- troubles -->([^]*)<!-- \/troubles -->/.exec(read("docs/troubles.md"))!;
  const messages = [...table!.matchAll(/^\| `([^`]+)` \|/gm)].map(([, message]) => message!);
  test("every row of docs/troubles.md has a message", () => {
    expect(messages.length).toBeGreaterThan(5);
    expect(messages).toHaveLength(rows(table!).length - 2);
  });
  test.each(messages)("%s", (message) => expect(isPrinted(message)).toBe(true));

  /** Text in backquotes that starts with one of these is a command for the reader. */
  const COMMAND = /^(?:[A-Z_0-9]+=\S+ )?(?:gcloud|git|make|mv|npx|pulumi|rm|sudo|systemctl|systemd-analyze) /;
  /** What a setting must be, without the setting's name and the value of the example. */
  const ruleIn = (message: string) =>
    /^(?:hardway:)?\w+ (must [^;]*?)(?:: …)?(?:; got .*)?$/.exec(message)?.[1] ?? message;
  const quoted = pages.flatMap((page) => {
    const prose = read(page).replace(/```[^]*?```/g, "");
    const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, span]) => span!.replace(/\s+/g, " "));
    return spans
      .filter((span) => span.split(" ").length > 2 && !COMMAND.test(span))
      .map((span) => [page, span] as const);
  });
  test("other pages quote messages too", () => {
    const own = new Set(quoted.map(([page]) => page));
    for (const page of ["docs/changes.md", "docs/settings.md", "docs/upgrade.md"]) expect(own).toContain(page);
  });
  test.each(quoted)("%s: %s", (_page, message) => {
    const known = [ruleIn(message), message.replace(/^controller-\d /, "")].some(isPrinted);
    // The end-to-end tests look for etcd's own.
    expect(known || HANDED_OVER.test(message)).toBe(true);
  });

  test("one that no source has is found out", () => {
    expect(["after … failed dials", "not ready … the API at"].map(isPrinted)).toEqual([false, false]);
  });
});

describe("docs/settings.md", () => {
  test("is what `npx tsx tasks/docs/settingsPage.ts` writes: every setting of Pulumi.yaml, with its description and default", () => {
    const page = read("docs/settings.md");
    expect(page).toBe(withSettings(page, projectFile()));
  });

  const ranges = Object.entries(about).flatMap(([name, { values }]) => {
    const range = /(\d+) to (\d+)/.exec(values ?? "");
    return range ? [[name, Number(range[1]), Number(range[2])] as const] : [];
  });
  test.each(ranges)("%s may be %i to %i, no less and no more", (name, least, most) => {
    const allowed = (n: number) => schema.shape[name as keyof RawSettings].safeParse(String(n)).success;
    expect([least - 1, least, most, most + 1].map(allowed)).toEqual([false, true, true, false]);
  });
});

test("docs/certificates.md is what `npx tsx tasks/docs/certificatesPage.ts` writes", () => {
  expect(certificates).toBe(withCertificates(certificates));
});

describe("what the program makes", () => {
  let mocks: Mocks;
  beforeAll(async () => ({ mocks } = await run()));

  test("each certificate is on its page with its signer, common name and usages, and in the picture", () => {
    const leaves = mocks
      .of("tls:index/locallySignedCert:LocallySignedCert")
      .filter(({ name }) => !/controller-[12]/.test(name));
    const expected = leaves.map(({ name, inputs }) => {
      const { subject } = mocks.named(name.replace(/certificate$/, "request")).inputs as {
        subject: { commonName: string };
      };
      const role = name.replace(/^(etcd|control-plane)-controller-0-(pki-)?|-certificate$/g, "");
      const signer = String(inputs.caCertPem).replace(/^CERTIFICATE |-certificate$/g, "");
      const usages = (inputs.allowedUses as string[]).slice(1).map((usage) => usage.replace("_auth", ""));
      return [role, signer, subject.commonName.replace("controller-0", "the machine's name"), usages.join(", ")];
    });
    let signer = "";
    const documented = rows(certificates).flatMap(([role = "", name = "", usages = ""]) => {
      if (usages === "signs") signer = role;
      return signer === "" || usages === "signs" ? [] : [[role, signer, name.replace(/, group .*/, ""), usages]];
    });
    expect(documented.sort()).toEqual(expected.sort());
    const picture = /```mermaid([^]*?)```/.exec(certificates)![1];
    for (const [role] of expected) expect(picture).toMatch(new RegExp(`["|>]${role}["|]`));
  });

  test("each firewall rule is in the network's table with its ports", () => {
    for (const { inputs } of mocks.of("gcp:compute/firewall:Firewall")) {
      const rule = String(inputs.name).replace("hardway-test", "NAME");
      const documented = rows(network)
        .filter((cells) => cells[3]?.split("; ").includes(rule))
        .map(([port]) => port);
      const opened = (inputs.allows as { ports?: string[] }[]).flatMap((allow) => allow.ports ?? []);
      expect(documented).toEqual(opened.join("-").split("-"));
    }
    for (const range of [...HEALTH_CHECK_CIDRS, HEALTH_HOST]) expect(network).toContain(range);
  });
});

test("docs/network.md has the times of health checks and draining", () => {
  const { intervalSeconds, unhealthy } = healthCheck;
  expect(network).toContain(`Every ${intervalSeconds} s`);
  expect(network).toContain(`${unhealthy} failures in a row`);
  expect(network).toContain(`${NOTICE_SECONDS} s at most`);
  expect(network).toContain(`${String(project.config.drainSeconds!.default)} s more`);
});

test("every port has its row in docs/network.md", () => {
  const documented = rows(network).map(([port]) => Number(port));
  expect(documented).toEqual(expect.arrayContaining([22, ...Object.values(ports)]));
});

test("every unit is in docs/machine.md with its user", () => {
  const documented = rows(machine).map(([unit, user]) => `${unit} ${user}`);
  const made = (Object.keys(units) as (keyof typeof units)[]).map((name) => `${units[name]} ${users[name]}`);
  expect(documented).toEqual(expect.arrayContaining(made));
});

test("every file on a machine is named in its page or in that of the certificates", () => {
  const files = Object.values(paths).map((path) => (typeof path === "string" ? path : path.certificate));
  const named = (path: string) =>
    [machine, certificates].some(
      (page) => page.includes(dirname(path)) && new RegExp(`[\`/]${basename(path)}\``).test(page),
    );
  expect(files.filter((path) => !named(path))).toEqual([]);
});
