import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { down } from "../../tasks/down";
import { drift } from "../../tasks/drift";
import { forgetStack, localStacks, openStack, readOutputs, Stack } from "../../tasks/stack";
import { tenant } from "../../tasks/tenant";
import { up } from "../../tasks/up";

const mockTools = { stopCloud: jest.fn() };
jest.mock("../../tasks/tools", () => ({
  ensureEngine: () => Promise.resolve(),
  ensureAllTools: () => Promise.resolve(),
  ensureImage: () => Promise.resolve(),
  localTools: () => [],
  startCloud: () => Promise.resolve(),
  stopCloud: () => mockTools.stopCloud() as unknown,
}));
jest.mock("../../tasks/verify", () => ({ verify: () => Promise.resolve(0) }));
jest.mock("../../tasks/stack/orphans", () => ({ endOrphans: () => undefined }));
jest.mock("../../local/cloud/client", () => ({ hasHostLink: () => true }));
jest.mock("../../local/cloud/cli/preflight", () => ({ hostProblems: () => Promise.resolve([]) }));
jest.mock("../../local/tools/preflight", () => ({ buildProblems: () => Promise.resolve([]) }));

const WRONG =
  "failed to decrypt: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE to the correct passphrase or set " +
  "PULUMI_CONFIG_PASSPHRASE_FILE to a file containing the passphrase";

const { env } = process;
let scratch: string;
/** The arguments of every run of the engine, a line each. */
const runs = () => (existsSync(join(scratch, "runs")) ? readFileSync(join(scratch, "runs"), "utf8") : "");
/** An engine that refuses to open any stack for this reason. As the real one, it exports a state without decrypting it. */
function engine(says: string): void {
  answers(`case "$1 $2" in
  "stack export") echo '{"version":3,"deployment":{}}'; exit 0 ;;
  "stack init") echo "error: could not create secrets manager for new stack: incorrect passphrase" >&2; exit 1 ;;
esac
[ "$1" != stack ] || { echo "error: ${says}" >&2; exit 255; }
`);
}

function answers(commands: string): void {
  const script = `#!/bin/sh\necho "$*" >>${scratch}/runs\n${commands}`;
  writeFileSync(join(scratch, "bin/pulumi"), script);
  chmodSync(join(scratch, "bin/pulumi"), 0o755);
}

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "hardway-opened-"));
  mkdirSync(join(scratch, "bin"));
  process.env = {
    ...env,
    XDG_STATE_HOME: join(scratch, "state"),
    XDG_CACHE_HOME: join(scratch, "cache"),
    PATH: `${scratch}/bin:${env.PATH}`,
    YES: "1",
    PULUMI_BACKEND_URL: "gs://of-another-project",
    PULUMI_CONFIG_PASSPHRASE: "of another project",
  };
  jest.spyOn(process, "getuid" as never).mockReturnValue(0 as never);
  jest.spyOn(console, "log").mockImplementation();
  mockTools.stopCloud.mockClear();
});
afterEach(() => {
  process.env = env;
  jest.restoreAllMocks();
  rmSync(scratch, { recursive: true });
});

/** A stack that the engine has created in the local cloud. */
function created(): Stack {
  const stack = openStack("local");
  mkdirSync(stack.directory, { recursive: true });
  const file = join(stack.directory, "Pulumi.local.yaml");
  copyFileSync("Pulumi.local.yaml", file);
  writeFileSync(file, `${readFileSync(file, "utf8")}encryptionsalt: v1:x\n`);
  return stack;
}

test("a local stack has its own state and passphrase, whatever the environment has for other projects", () => {
  const { environment } = openStack("local");
  expect(environment.PULUMI_BACKEND_URL).toBe(`file://${scratch}/state/hardway/pulumi`);
  expect(environment.PULUMI_CONFIG_PASSPHRASE).toBeUndefined();
  expect(environment.PULUMI_CONFIG_PASSPHRASE_FILE).toBe(join(scratch, "state/hardway/passphrase"));
  expect(openStack("dev").environment.PULUMI_CONFIG_PASSPHRASE).toBe("of another project");
});

describe.each([
  ["up", up],
  ["down", down],
  ["drift", drift],
  ["tenant", tenant],
] as const)("make %s with a passphrase that is not the stack's", (_task, task) => {
  test("is one error that says so; nothing is changed or forgotten", async () => {
    const stack = created();
    engine(WRONG);
    await expect(task(stack)).rejects.toThrow(
      `STACK=local cannot be opened: ${WRONG}. ${scratch}/state/hardway/passphrase must contain the passphrase with which ` +
        "the stack was made. If that is lost, remove the local cloud",
    );
    expect(runs()).not.toMatch(/^(up|destroy|refresh|stack (init|rm|import))/m);
    expect(localStacks()).toEqual(["local"]);
    expect(mockTools.stopCloud).not.toHaveBeenCalled();
  });
});

test.each([
  ["up", up, /^up /m],
  ["drift", drift, /^preview .*--refresh/m],
] as const)("make %s goes on with a stack that an interrupted run left without outputs", async (_task, task, run) => {
  const stack = created();
  answers(`case "$1 $2" in
  "stack export") echo '{"version":3,"deployment":{}}' ;;
  "stack output") echo '{}' ;;
esac
`);
  // This engine makes nothing, so that the stack is not up after it.
  await task(stack).catch((error: unknown) => expect(String(error)).toContain("is not up"));
  expect(runs()).toMatch(run);
});

describe("make down, when pulumi destroy", () => {
  const destroyEnds = (how: string) =>
    answers(`case "$1 $2" in
  "stack export") echo '{"version":3,"deployment":{}}' ;;
  "destroy "*) ${how} ;;
esac
`);

  test.each([
    ["succeeds, removes the stack, and the local cloud with the last one", "exit 0", [], 0, [], 1],
    ["fails, removes the last stack with the local cloud", "exit 255", [], 0, [], 1],
    ["fails while another stack is up, keeps the state", "exit 255", ["other"], 255, ["local", "other"], 0],
    ["is interrupted, keeps the state", "kill -INT $$", [], 130, ["local"], 0],
    ["is ended, keeps the state", "kill -TERM $$", [], 130, ["local"], 0],
  ])("%s", async (_, how, others, code, left, stops) => {
    const stack = created();
    for (const name of others) {
      const beside = join(stack.directory, "..", name);
      mkdirSync(beside);
      copyFileSync(join(stack.directory, "Pulumi.local.yaml"), join(beside, `Pulumi.${name}.yaml`));
    }
    destroyEnds(how);
    expect(await down(stack)).toBe(code);
    expect(localStacks().sort()).toEqual(left);
    expect(mockTools.stopCloud).toHaveBeenCalledTimes(stops);
  });
});

test("of a stack on Google Cloud, it names the variable", async () => {
  engine(WRONG);
  const stack = openStack("dev");
  // Those of Pulumi.dev.yaml are for documentation, and refused before.
  stack.settings.config["hardway:administratorCidrs"] = ["20.0.0.0/24"];
  await expect(up(stack)).rejects.toThrow(/cannot be opened: .*\. PULUMI_CONFIG_PASSPHRASE must be the pass/);
  expect(runs()).not.toMatch(/^up/m);
});

test("a stack whose outputs cannot be read is not called one that is not up", async () => {
  engine(WRONG);
  await expect(readOutputs(created())).rejects.toThrow("STACK=local cannot be opened");
  engine("no stack named 'local' found");
  await expect(readOutputs(created())).rejects.toThrow("STACK=local is not up (no stack named 'local' found)");
});

test("a stack that the backend keeps is not forgotten", async () => {
  const stack = created();
  engine("the disk is full");
  await expect(forgetStack(stack)).rejects.toThrow("stack local cannot be removed: the disk is full");
  expect(localStacks()).toEqual(["local"]);
  engine("no stack named 'local' found");
  await forgetStack(stack);
  expect(localStacks()).toEqual([]);
});

test("a stack that cannot be created is an error without a stack trace", async () => {
  engine("no stack named 'local' found");
  await expect(up(openStack("local"))).rejects.toThrow(
    "stack local cannot be created: could not create secrets manager for new stack: incorrect passphrase",
  );
});
