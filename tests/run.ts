import { mkdtempSync, readFileSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { attached, capture } from "../lib/process";
import { Counts, goFormat, goTests } from "./go";

/** Runs all tests of the project, or with the argument `unit` the fast ones. The last line has the counts. Exit code 1 when one failed. */

const scratch = mkdtempSync(join(tmpdir(), "hardway-test-"));
const bin = (name: string) => join(__dirname, "../node_modules/.bin", name);

/** Runs a program that checks something, and counts it as one test, which passes when the program exits with 0. */
async function check(name: string, program: string, ...args: string[]): Promise<Counts> {
  const { code, stdout, stderr } = await capture(program, args);
  const ok = code === 0;
  console.log(`\n== ${name}: ${ok ? "ok" : `FAILED\n${stdout}${stderr}`}`);
  return { passed: Number(ok), failed: Number(!ok) };
}

/** Runs a jest project. A suite that cannot run counts as a failed test. */
async function jest(project: string, ...args: string[]): Promise<Counts> {
  console.log(`\n== ${project} tests`);
  const file = join(scratch, `${project}.json`);
  const code = await attached(bin("jest"), ["--selectProjects", project, "--json", `--outputFile=${file}`, ...args], {
    // jest also prints its JSON to standard output, although it writes the file.
    stdio: ["inherit", "ignore", "inherit"],
  });
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = read(file);
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}

function read(file: string): { numPassedTests: number; numFailedTests: number; numRuntimeErrorTestSuites: number } {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ReturnType<typeof read>;
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
  }
}

/** The fast tests, which run at the same time. They need no root, no Go and no network. */
const unit = () =>
  Promise.all([
    check("ESLint", bin("eslint"), "."),
    check("Prettier", bin("prettier"), "--check", "--log-level", "warn", "."),
    check("compiler", bin("tsc"), "--noEmit"),
    jest("unit"),
  ]);

/** The tests of the real local stack, and those of the plugins, which start the etcd and kube-apiserver built for it. */
const endToEnd = async () => [
  await jest("e2e", "--runInBand"),
  await goFormat(),
  await goTests("local/tools/plugins/command", "./..."),
  await goTests("local/tools/plugins/kubernetes", "./...", "-tags=integration"),
  await goTests("local/tools/plugins", "./gcp/labels/..."),
  await goTests("local/tools/images/agnhost", "./..."),
];

async function main(only: string | undefined) {
  const results = [...(await unit()), ...(only === "unit" ? [] : await endToEnd())];
  const sum = (key: keyof Counts) => results.reduce((total, counts) => total + counts[key], 0);
  rmSync(scratch, { recursive: true, force: true });
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
  process.exitCode = sum("failed") === 0 && sum("passed") > 0 ? 0 : 1;
}

void main(process.argv[2]);
