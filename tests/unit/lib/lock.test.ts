import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { acquireLock } from "../../../lib/lock";

let directory: string;
let file: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "hardway-lock-"));
  file = path.join(directory, "cache/lock");
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const neverWaits = () => {
  throw new Error("waited");
};

test("a second one waits, hears who holds it, and gets it when the first lets go", async () => {
  const release = await acquireLock(file, neverWaits);
  const order: string[] = [];
  let heard: (holder: string) => void;
  const holder = new Promise<string>((resolve) => (heard = resolve));
  const second = acquireLock(file, (pid) => heard(pid)).then((releaseSecond) => {
    order.push("second has it");
    return releaseSecond();
  });
  expect(await holder).toBe(String(process.pid));
  order.push("first lets go");
  await release();
  await second;
  expect(order).toEqual(["first lets go", "second has it"]);
});

test("that of a process that was killed is free", async () => {
  const program = `require(${JSON.stringify(require.resolve("tsx/cjs"))});
    const { acquireLock } = require(${JSON.stringify(path.join(__dirname, "../../../lib/lock.ts"))});
    acquireLock(${JSON.stringify(file)}, () => {}).then(() => { console.log("held"); setInterval(() => {}, 1000); });`;
  const other = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(other.stdout, "data");
  expect(fs.readFileSync(file, "utf8").trim()).toBe(String(other.pid));
  other.kill("SIGKILL");
  await once(other, "close");
  const release = await acquireLock(file, () => undefined);
  expect(fs.readFileSync(file, "utf8").trim()).toBe(String(process.pid));
  await release();
});

test("waiting can be given up", async () => {
  const release = await acquireLock(file, neverWaits);
  const stop = new AbortController();
  await expect(acquireLock(file, () => stop.abort(), stop.signal)).rejects.toThrow("abort");
  await release();
});
