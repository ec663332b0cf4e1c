import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { capture } from "../../lib/process";
import { library } from "../../node/render/script";

/** Installs a package with an apt-get that fails as the real one does. */

let root: string;
const at = (path: string) => join(root, path);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hardway-packages-"));
  mkdirSync(at("bin"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** `apt` is the code of a shell script: its arguments are those of apt-get, and $n counts the runs from 1. */
function install(apt: string, seconds = 300) {
  writeFileSync(
    at("bin/apt-get"),
    `#!/bin/bash\necho x >>${at("runs")}\nn=$(wc -l <${at("runs")})\n[[ " $* " == *" update "* ]] && what=update || what=install\n${apt}\n`,
  );
  chmodSync(at("bin/apt-get"), 0o755);
  const step = library("step")
    .replace("PACKAGE_SECONDS=300", `PACKAGE_SECONDS=${seconds}`)
    .replaceAll("sleep 2", "sleep 0.1");
  const script = `${library("releases").replace(/^(export LC_ALL=C PATH=)/m, `$1${at("bin")}:`)}\n${step}\nmachine=controller-0\ninstall_package nginx-light ${at("nginx")}; exit\n`;
  return capture("bash", ["-s"], { input: script, env: { PATH: `${at("bin")}:${process.env.PATH}` } });
}
const runs = () => readFileSync(at("runs"), "utf8").length / 2;
const LOCKED = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 814 (apt-get)";

test("a package is installed when the locks are free", async () => {
  expect(await install("exit 0")).toMatchObject({ code: 0, stderr: "" });
  expect(runs()).toBe(2);
});

test("waits while another apt holds the lock of the lists", async () => {
  expect(await install(`[ $n -gt 6 ] || { echo "${LOCKED}" >&2; exit 100; }`)).toMatchObject({ code: 0, stderr: "" });
  expect(runs()).toBe(8);
});

test("one bad source is a warning when the package can be installed", async () => {
  const { code, stderr } = await install(
    `[ $what = install ] || { echo "E: The repository has no Release file." >&2; exit 100; }`,
  );
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr:
      "hardway: apt-get update failed on controller-0, but nginx-light is installed: E: The repository has no Release file.\n",
  });
});

test("gives up in the end, with apt's words", async () => {
  const { code, stderr } = await install(`echo "E: Unable to locate package nginx-light" >&2; exit 100`, 1);
  expect(code).toBe(1);
  expect(stderr).toContain(
    "the package nginx-light could not be installed in 1 s: E: Unable to locate package nginx-light",
  );
});
