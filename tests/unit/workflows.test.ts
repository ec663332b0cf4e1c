import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { parse } from "yaml";
import { ENGINE_VERSION } from "../../local";
import { environments } from "../../tasks/stack";
import { capture, Finished } from "../../lib/process";

interface Step {
  run?: string;
  uses?: string;
  shell?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}
interface Job {
  if?: string;
  needs?: string | string[];
  uses?: string;
  with?: Record<string, unknown>;
  environment?: string;
  permissions?: Record<string, string>;
  "timeout-minutes"?: number;
  steps?: Step[];
}
interface Workflow {
  on: Record<string, { inputs?: Record<string, { options?: string[] }> } | null>;
  permissions?: unknown;
  jobs: Record<string, Job>;
}

const root = join(__dirname, "../..");
const folder = ".github/workflows";
const read = (path: string) => readFileSync(join(root, path), "utf8");
const names = readdirSync(join(root, folder));
const workflow = (name: string) => parse(read(`${folder}/${name}`)) as Workflow;
const prepare = parse(read(".github/actions/prepare/action.yml")) as { runs: { steps: Step[] } };
const jobs = names.flatMap((name) => Object.entries(workflow(name).jobs).map(([id, job]) => ({ id, name, job })));
const steps = [...jobs.flatMap(({ job }) => job.steps ?? []), ...prepare.runs.steps];
const lint = (...files: string[]) =>
  capture(process.execPath, ["--import", "tsx", join(root, "tasks/ci/lint.ts"), ...files], { cwd: root });

describe("GitHub's parser", () => {
  const planted: [string, string, string, string][] = [
    ["a step that neither runs nor uses anything", "run: make touched", "rum: make touched", "Unexpected value 'rum'"],
    ["an output of an unknown step", "steps.touched", "steps.toched", "toched"],
    ["a job that needs an unknown job", "needs: touched", "needs: toched", "unknown job 'toched'"],
    ["a variable of an unknown context", "vars.RUNNER", "var.RUNNER", "named-value: 'var'"],
  ];
  const directory = mkdtempSync(join(tmpdir(), "hardway-workflow-"));
  const file = (what: string) => join(directory, `${what}.yml`);
  let ours: Finished, theirs: Finished;
  beforeAll(async () => {
    for (const [what, right, wrong] of planted)
      writeFileSync(file(what), read(`${folder}/pull-request.yml`).replace(right, wrong));
    [ours, theirs] = await Promise.all([lint(), lint(...planted.map(([what]) => file(what)))]);
  }, 60_000);
  afterAll(() => rmSync(directory, { recursive: true }));

  test("accepts every workflow and action", () => expect(ours).toMatchObject({ stderr: "", code: 0 }));

  test.each(planted)("finds %s", (what, _right, _wrong, message) => {
    const found = theirs.stderr.split("\n").filter((line) => line.startsWith(file(what)));
    expect(found.join("\n")).toContain(message);
    expect(theirs.code).toBe(1);
  });
});

describe("permissions", () => {
  test.each(names)("%s grants none to its jobs by default", (name) => expect(workflow(name).permissions).toEqual({}));

  test("a job may write only what it needs to, and no job may write code", () => {
    const writes = jobs.flatMap(({ id, job }) =>
      Object.entries(job.permissions ?? { everything: "write" })
        .filter(([, right]) => right !== "read")
        .map(([what]) => `${id}: ${what}`),
    );
    const identified = ["check", "dev", "plan", "preview", "prod", "up"].map((id) => `${id}: id-token`);
    expect(writes.sort()).toEqual(["comment: pull-requests", "report: issues", ...identified].sort());
  });

  test("no workflow with write permissions runs a pull request's code", () => {
    const events = names.flatMap((name) => Object.keys(workflow(name).on));
    expect(events).not.toContain("pull_request_target");
    const later = workflow("pull-request-comment.yml").jobs.comment!.steps!;
    expect(later.filter(({ with: input }) => input?.ref !== undefined || input?.repository !== undefined)).toEqual([]);
  });

  test("a fork's pull request gets no account, no secret, and no runner of ours", () => {
    const preview = workflow("pull-request.yml").jobs.preview as Job & { env: Record<string, string> };
    expect(preview.env.ACCOUNT).toMatch(
      /^\$\{\{ github\.event\.pull_request\.head\.repo\.full_name == github\.repository &&/,
    );
    expect((preview as { "runs-on"?: string })["runs-on"]).toMatch(
      /head\.repo\.full_name == github\.repository && vars\.RUNNER \|\| 'ubuntu-latest'/,
    );
    const secret = read(`${folder}/pull-request.yml`).match(/\$\{\{[^}]*secrets\.[^}]*\}\}/g) ?? [];
    expect(secret).toHaveLength(1);
    for (const expression of secret) expect(expression).toMatch(/^\$\{\{ env\.ACCOUNT != '' && .* \|\| '' \}\}$/);
  });

  test("no checkout keeps the token", () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    for (const { with: input } of checkouts) expect(input).toMatchObject({ "persist-credentials": false });
  });

  test("no script contains an expression, whose value others might write", () => {
    expect(steps.filter(({ run }) => run?.includes("${{"))).toEqual([]);
  });
});

describe("steps", () => {
  const files = [...names.map((name) => `${folder}/${name}`), ".github/actions/prepare/action.yml"];
  const uses = files.flatMap((file) => [...read(file).matchAll(/uses: (.*)$/gm)].map(([, action]) => action!));

  test("pin other people's actions to a commit, with its version in a comment, the same one everywhere", () => {
    const pins = new Set(uses.filter((action) => !action.startsWith("./")));
    expect([...pins].filter((pin) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(pin))).toEqual([]);
    expect(new Set([...pins].map((pin) => pin.split("@")[0])).size).toBe(pins.size);
  });

  test("use our own actions from this repository", () => {
    const own = [...new Set(uses.filter((action) => action.startsWith("./")))];
    const file = (path: string) => (path.endsWith(".yml") ? path : `${path}/action.yml`);
    expect(own.filter((path) => !existsSync(join(root, file(path))))).toEqual([]);
    expect(own).not.toHaveLength(0);
  });

  test("run targets of make, as a person does; a pipe fails when its first command fails", () => {
    const targets = [...read("Makefile").matchAll(/^([a-z-]+):/gm)].map(([, target]) => target);
    for (const { run, shell } of steps.filter((step) => step.run !== undefined)) {
      const [, target, pipe] = /^make ([a-z-]+)(?: [A-Z]+=\w+)*( 2>&1 \| tee plan\.txt)?$/.exec(run!) ?? [];
      expect(targets).toContain(target);
      expect(shell).toBe(pipe === undefined ? undefined : "bash");
    }
  });

  test("have a time limit: every job has one", () => {
    expect(jobs.filter(({ job }) => job.uses === undefined && !(job["timeout-minutes"]! <= 60))).toEqual([]);
  });

  test("use the version of the engine that is built and tested here", () => {
    const install = prepare.runs.steps.find(({ uses: action }) => action?.startsWith("pulumi/actions@"));
    expect(`v${String(install!.with!["pulumi-version"])}`).toBe(ENGINE_VERSION);
  });
});

describe("deploy.yml", () => {
  const { on, jobs: all } = workflow("deploy.yml");
  const deploys = Object.entries(all).filter(([, job]) => job.uses !== undefined);

  test("has a job and an option for each environment", () => {
    expect(deploys.map(([id]) => id).sort()).toEqual(environments().sort());
    expect(on.workflow_dispatch!.inputs!.environment!.options).toEqual(deploys.map(([id]) => id));
    for (const [id, job] of deploys) {
      expect(job.with).toEqual({ stack: id });
      expect(job.if).toContain(`inputs.environment == '${id}'`);
      expect(job.if).toContain(`contains(fromJSON(needs.touched.outputs.stacks), '${id}')`);
    }
  });

  test("deploys one environment after another, and stops after a failure", () => {
    deploys.forEach(([, job], i) => {
      const before = deploys.slice(0, i).map(([id]) => id);
      expect([job.needs].flat()).toEqual(["touched", ...before.slice(-1)]);
      if (i > 0) expect(job.if).toMatch(/!cancelled\(\) && !failure\(\)/);
    });
  });

  test("changes a cloud only in a GitHub environment, where reviewers approve", () => {
    const changing = jobs.filter(({ job }) => job.steps?.some(({ run }) => run?.startsWith("make up")));
    expect(changing.map(({ id, job }) => [id, job.environment])).toEqual([["up", "${{ inputs.stack }}"]]);
  });
});
