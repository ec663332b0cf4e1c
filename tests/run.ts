import { mkdtempSync, readFileSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { attached, capture } from "../lib/process";
import { Counts, goFormat, goTests } from "./go";

/** Runs every test of the project, or those of `unit`, and ends with one line of counts. Exit code 1 when one failed. */

const scratch = mkdtempSync(join(tmpdir(), "hardway-test-"));
const bin = (name: string) => join(__dirname, "../node_modules/.bin", name);

/** A program that checks something: passed when it ends with 0. */
async function check(name: string, program: string, ...args: string[]): Promise<Counts> {
  const { code, stdout, stderr } = await capture(program, args);
  const ok = code === 0;
  console.log(`\n== ${name}: ${ok ? "ok" : `FAILED\n${stdout}${stderr}`}`);
  return { passed: Number(ok), failed: Number(!ok) };
}

/** A jest project; a suite that did not even run has failed. */
async function jest(project: string, ...args: string[]): Promise<Counts> {
  console.log(`\n== ${project} tests`);
  const file = join(scratch, `${project}.json`);
  const code = await attached(bin("jest"), ["--selectProjects", project, "--json", `--outputFile=${file}`, ...args], {
    // jest prints its JSON to standard output although it writes the file.
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

/** The fast ones, side by side: no root, no Go, no network. */
const unit = () =>
  Promise.all([
    check("ESLint", bin("eslint"), "."),
    check("Prettier", bin("prettier"), "--check", "--log-level", "warn", "."),
    check("compiler", bin("tsc"), "--noEmit"),
    jest("unit"),
  ]);

/** The real local stack, and the plugins against the etcd and kube-apiserver that were built for it. */
const endToEnd = async () => [
  await jest("e2e", "--runInBand"),
  await goFormat(),
  await goTests("local/tools/plugins/command", "./..."),
  await goTests("local/tools/plugins/kubernetes", "./...", "-tags=integration"),
  await goTests("local/tools/plugins", "./gcp/labels/..."),
];

async function main(only: string | undefined) {
  const results = [...(await unit()), ...(only === "unit" ? [] : await endToEnd())];
  const sum = (key: keyof Counts) => results.reduce((total, counts) => total + counts[key], 0);
  rmSync(scratch, { recursive: true, force: true });
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
  process.exitCode = sum("failed") === 0 && sum("passed") > 0 ? 0 : 1;
}

void main(process.argv[2]);
