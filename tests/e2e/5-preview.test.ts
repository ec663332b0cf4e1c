import { mkdtempSync, readdirSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { toolPaths } from "../../local";
import { capture, output } from "../../lib/process";
import { checkSettings, openStack } from "../../tasks/stack";
import { run } from "../unit/run";
import { checkout } from "./support";

const scratch = mkdtempSync(join(tmpdir(), "hardway-e2e-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const ignoredAndNew = () => output("git", ["status", "--porcelain", "--ignored"], { cwd: checkout });
const stacksOfTheEngine = () => readdirSync(toolPaths().pulumiHome).sort();

/** Runs `make preview STACK=dev` in a network namespace that has only loopback, without this process's environment. */
const previewOfNothing = () =>
  capture("unshare", ["--net", "sh", "-c", "ip link set lo up && exec make --no-print-directory preview STACK=dev"], {
    cwd: checkout,
    env: { PATH: process.env.PATH, TMPDIR: scratch },
    timeoutMs: 100_000,
  });

test("make preview shows the whole plan of a new stack without credentials, home directory and network, and leaves nothing", async () => {
  const before = [await ignoredAndNew(), stacksOfTheEngine()];
  const { code, stdout, stderr } = await previewOfNothing();
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toMatch(
    /^This is the plan of a stack that does not exist yet, made without credentials or network\.$/m,
  );

  const { mocks } = await run({ controllers: checkSettings(openStack("dev"))!.controllers });
  const planned = [...stdout.matchAll(/\[urn=urn:pulumi:dev::hardway::(\S+)::(\S+)\]/g)].map(
    ([, type, name]) => `${type!.split("$").pop()} ${name}`,
  );
  // The unit tests' stack has another name.
  const registered = mocks.registered.map(
    ({ type, name }) => `${type} ${name.replace(/^hardway-test$/, "hardway-dev")}`,
  );
  expect(planned.sort()).toEqual(registered.sort());
  expect(stdout).toContain(`+ ${planned.length} to create`);

  expect([await ignoredAndNew(), stacksOfTheEngine()]).toEqual(before);
  expect(readdirSync(scratch).filter((name) => !name.startsWith("tsx-"))).toEqual([]);
});
