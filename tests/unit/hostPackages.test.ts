import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { ensurePackages, HostPackage, installationProblems, missingPackages } from "../../local/hostPackages";

/** Packages of this host, with an apt-get that makes the files that its caller says. */

const { env } = process;
let root: string;
const at = (path: string) => join(root, path);
let needed: HostPackage[];
let said: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hardway-host-packages-"));
  mkdirSync(at("bin"));
  needed = [
    { command: "sh", package: "dash" },
    { command: "hardway-compiler", package: "compiler" },
    { file: at("library.h"), package: "library-dev" },
  ];
  said = [];
  process.env = { ...env, PATH: `${at("bin")}:/usr/bin:/bin` };
});
afterEach(() => {
  process.env = env;
  jest.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const program = (name: string, code: string) => {
  writeFileSync(at(`bin/${name}`), `#!/bin/sh\n${code}\n`);
  chmodSync(at(`bin/${name}`), 0o755);
};
const aptGet = (installs: string) =>
  program("apt-get", `echo "$DEBIAN_FRONTEND $*" >>${at("runs")}\n[ "$1" != install ] || { ${installs}; }`);
const asUser = (uid: number) => jest.spyOn(process as Required<typeof process>, "getuid").mockReturnValue(uid);
const ensure = () => ensurePackages(needed, "building runc", (line) => void said.push(line));

test("only what is missing is installed, and nothing when nothing is missing", async () => {
  asUser(0);
  aptGet(`touch ${at("library.h")} ${at("bin/hardway-compiler")}`);
  expect(missingPackages(needed)).toEqual(["compiler", "library-dev"]);
  await ensure();
  await ensure();
  const install = "install --yes --no-install-recommends compiler library-dev";
  expect(readFileSync(at("runs"), "utf8")).toBe(`noninteractive update\nnoninteractive ${install}\n`);
  expect(said).toEqual(["Installing packages on this host: compiler, library-dev"]);
  expect(missingPackages(needed)).toEqual([]);
});

test("a package that does not bring its file is an error", async () => {
  asUser(0);
  aptGet(`touch ${at("library.h")}`);
  await expect(ensure()).rejects.toThrow(/their commands or files are missing: compiler$/);
});

test("a user who is not root is told what to run, and nothing is run", async () => {
  asUser(1000);
  aptGet("true");
  const problem =
    "Packages that building runc needs are not installed. Run as root: " +
    "apt-get install --yes --no-install-recommends compiler library-dev";
  expect(installationProblems(needed, "building runc")).toEqual([problem]);
  await expect(ensure()).rejects.toThrow(problem);
  expect(existsSync(at("runs"))).toBe(false);
});

test("without apt-get, the error names the packages", async () => {
  asUser(0);
  process.env.PATH = at("bin");
  await expect(ensure()).rejects.toThrow(
    "building runc needs packages of Debian that are not installed, and apt-get is not on PATH: compiler, library-dev",
  );
  program("hardway-compiler", "");
  writeFileSync(at("library.h"), "");
  expect(installationProblems(needed, "building runc")).toEqual([]);
});
