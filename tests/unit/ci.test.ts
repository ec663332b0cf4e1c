import fastify, { FastifyInstance } from "fastify";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "fs";
import { AddressInfo } from "net";
import { tmpdir } from "os";
import { dirname, join, relative } from "path";
import { comment } from "../../tasks/ci/comment";
import { driftIssue } from "../../tasks/ci/driftIssue";
import { readPlans, renderPlans } from "../../tasks/ci/plans";
import { touchedBy } from "../../tasks/ci/touched";

const root = join(__dirname, "../..");
let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "hardway-plans-"))));
afterEach(() => rmSync(directory, { recursive: true }));
const leave = (stack: string, text: string) => {
  mkdirSync(join(directory, `plan-${stack}`));
  writeFileSync(join(directory, `plan-${stack}`, "plan.txt"), text);
};

describe("a change of these files touches these environments", () => {
  const stacks = ["dev", "prod"];

  test.each<[string[], string[]]>([
    [["components/Network.ts", "README.md"], stacks],
    [["Pulumi.yaml"], stacks],
    [["package-lock.json"], stacks],
    [["somethingNew/file.ts"], stacks],
    [["Pulumi.prod.yaml", "docs/settings.md"], ["prod"]],
    [["Pulumi.local.yaml"], []],
    [["tests/unit/ci.test.ts", "local/cloud/addresses.ts", ".github/workflows/drift.yml", "Makefile"], []],
    [[], []],
  ])("%j: %j", (files, expected) => expect(touchedBy(files, stacks)).toEqual(expected));

  test("a change of any file that the program imports touches every environment", () => {
    const files = new Set<string>();
    const visit = (file: string) => {
      if (files.has(file)) return;
      files.add(file);
      for (const [, target] of readFileSync(join(root, file), "utf8").matchAll(/from "(\.[^"]+)"/g))
        visit(`${relative(root, join(root, dirname(file), target!))}.ts`);
    };
    visit("index.ts");
    expect(files.size).toBeGreaterThan(20);
    expect([...files].filter((file) => touchedBy([file], stacks).length !== 2)).toEqual([]);
  });
});

describe("a plan", () => {
  const shown = (text: string, limit = 60_000) => renderPlans([{ stack: "dev", text }], limit);

  test("has the engine's counts in its title", () => {
    expect(shown("Resources:\n    + 76 to create\n    ~ 2 to update\n    4 unchanged\n")).toContain(
      "<summary><b>dev</b>: 76 to create, 2 to update</summary>",
    );
    expect(shown("Resources:\n    79 unchanged\n")).toContain("</b>: no changes<");
    expect(shown("error: no credentials\n")).toContain("</b>: failed<");
  });

  test("cannot close the fence around it, whatever its text is", () => {
    const text = "```\n</details>\n@everybody ![x](y)\n`````\nResources:\n    + 1 to <b>\n";
    const lines = shown(text).split("\n");
    expect(lines[0]).toBe("<details><summary><b>dev</b>: see inside</summary>");
    expect(lines[2]).toBe("``````text");
    expect(lines.lastIndexOf("``````")).toBe(lines.length - 4);
    expect(lines.filter((line) => line.startsWith("``````"))).toHaveLength(2);
  });

  test("is shown without escape sequences and marks that change the direction of text", () => {
    expect(shown("\u001b[31mred\u001b[0m \u202eevil\u0007\r")).toContain("\nred evil\n");
  });

  test("is shortened to fit, and keeps its beginning and end", () => {
    const text = `first\n${"x".repeat(200_000)}\nlast`;
    const both = renderPlans(
      ["dev", "prod"].map((stack) => ({ stack, text })),
      60_000,
    );
    expect(both.length).toBeLessThan(60_000);
    expect(both.match(/first\n/g)).toHaveLength(2);
    expect(both.match(/\nlast\n/g)).toHaveLength(2);
    expect(both).toContain("characters are left out here");
    expect(shown("`".repeat(100_000)).length).toBeLessThan(60_000);
  });

  test("is read from plan-STACK/plan.txt only, and not through a link", () => {
    leave("dev", "plan");
    mkdirSync(join(directory, "plan-link"));
    symlinkSync("/etc/hostname", join(directory, "plan-link", "plan.txt"));
    leave("<b>", "not a stack's name");
    mkdirSync(join(directory, "other"));
    expect(readPlans(directory)).toEqual([{ stack: "dev", text: "plan" }]);
    expect(readPlans(join(directory, "nowhere"))).toEqual([]);
  });
});

interface Made {
  number: number;
  body?: string;
  state?: string;
  labels?: string[];
  user: { login: string };
}

/** A stand-in for GitHub's API with pull request 7 of a fork's branch `fix`, its comments, and issues. */
describe("on GitHub", () => {
  const bot = { login: "github-actions[bot]" };
  let server: FastifyInstance;
  let comments: Made[];
  let issues: Made[];

  beforeEach(async () => {
    comments = [];
    issues = [];
    server = fastify();
    server.get<{ Querystring: { head: string } }>("/repos/o/r/pulls", ({ query }) =>
      query.head === "forker:fix" ? [{ number: 7, head: { sha: "a".repeat(40) } }] : [],
    );
    const posts = (path: string, all: () => Made[]) => {
      server.get<{ Querystring: { page: string } }>(path, ({ query }) =>
        all()
          .filter(({ state }) => state !== "closed")
          .map((post) => ({ ...post, id: post.number }))
          .slice(100 * (Number(query.page) - 1), 100 * Number(query.page)),
      );
      server.post<{ Body: Partial<Made> }>(path, ({ body }) => {
        all().push({ ...body, number: all().length + 1, user: bot });
        return {};
      });
    };
    const change = (path: string, all: () => Made[]) =>
      server.patch<{ Body: Partial<Made>; Params: { n: string } }>(path, ({ body, params }) =>
        Object.assign(all()[Number(params.n) - 1]!, body),
      );
    posts("/repos/o/r/issues/7/comments", () => comments);
    change("/repos/o/r/issues/comments/:n", () => comments);
    posts("/repos/o/r/issues", () => issues);
    change("/repos/o/r/issues/:n", () => issues);
    await server.listen({ port: 0, host: "127.0.0.1" });
    Object.assign(process.env, {
      GITHUB_API_URL: `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
      GITHUB_SERVER_URL: "https://github.example",
      GITHUB_REPOSITORY: "o/r",
      GITHUB_RUN_ID: "12",
      GITHUB_TOKEN: "token",
      HEAD_SHA: "a".repeat(40),
      HEAD_BRANCH: "fix",
      HEAD_OWNER: "forker",
      RESULT: "success",
      RUN_ID: "11",
    });
    jest.spyOn(console, "log").mockImplementation(() => undefined);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
  });

  test("a pull request gets one comment, which each run updates", async () => {
    comments = Array.from({ length: 120 }, (_, i) => ({ number: i + 1, body: "talk", user: { login: "person" } }));
    leave("dev", "Resources:\n    + 1 to create\n");
    await comment(directory);
    expect(comments).toHaveLength(121);
    expect(comments[120]!.body).toMatch(/dev<\/b>: 1 to create[^]*actions\/runs\/11/);
    leave("prod", "Resources:\n    + 2 to create\n");
    process.env.RESULT = "failure";
    await comment(directory);
    expect(comments).toHaveLength(121);
    expect(comments[120]!.body).toMatch(/\(some failed\)[^]*prod<\/b>: 2 to create/);
  });

  test("another person's comment with the same marker is not changed", async () => {
    const body = "<!-- hardway: plans -->\nmine";
    comments = [{ number: 1, body, user: { login: "person" } }];
    leave("dev", "plan");
    await comment(directory);
    expect(comments.map((made) => made.body === body)).toEqual([true, false]);
  });

  test("a change that touches no environment gets no comment, but an existing comment is updated", async () => {
    await comment(directory);
    expect(comments).toEqual([]);
    comments = [{ number: 1, body: "<!-- hardway: plans -->\nold", user: bot }];
    await comment(directory);
    expect(comments[0]!.body).toContain("This change touches no environment.");
  });

  test.each([
    ["a commit that is not the pull request's last", { HEAD_SHA: "b".repeat(40) }],
    ["a branch without a pull request", { HEAD_BRANCH: "other" }],
  ])("the plan of %s is not posted", async (_what, about) => {
    Object.assign(process.env, about);
    leave("dev", "plan");
    await comment(directory);
    expect(comments).toEqual([]);
  });

  test("drift opens one issue, and the issue is closed when the drift is gone", async () => {
    leave("dev", "a machine was deleted");
    process.env.RESULT = "failure";
    await driftIssue(directory);
    await driftIssue(directory);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({
      labels: ["drift"],
      body: expect.stringContaining("a machine was deleted") as string,
    });
    process.env.RESULT = "success";
    await driftIssue(join(directory, "empty"));
    expect(issues[0]).toMatchObject({ state: "closed" });
  });

  test("a check that failed before it compared anything opens an issue", async () => {
    process.env.RESULT = "failure";
    await driftIssue(directory);
    expect(issues[0]!.body).toContain("The check failed before");
    expect(issues[0]!.state).toBeUndefined();
  });

  test("a request that GitHub refuses is an error with GitHub's answer", async () => {
    process.env.GITHUB_REPOSITORY = "o/none";
    await expect(driftIssue(directory)).rejects.toThrow(/GET issues.*GitHub answered 404/);
  });
});
