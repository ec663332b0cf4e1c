import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { acquireLock, tryLock, withLock } from "../../../lib/lock";

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
const holder = () => fs.readFileSync(file, "utf8").trim();

/** Another process that holds the lock, and a child of that process which outlives it. */
async function otherHolder(): Promise<ChildProcess> {
  const program = `require(${JSON.stringify(require.resolve("tsx/cjs"))});
    const { acquireLock } = require(${JSON.stringify(path.join(__dirname, "../../../lib/lock.ts"))});
    acquireLock(${JSON.stringify(file)}, () => {}).then(() => {
      const child = require("child_process").spawn("sleep", ["1000"], { stdio: "ignore" });
      console.log(child.pid);
      setInterval(() => {}, 1000);
    });`;
  const other = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [grandchild] = (await once(other.stdout, "data")) as [Buffer];
  grandchildren.push(Number(grandchild.toString()));
  return other;
}
const grandchildren: number[] = [];
afterEach(() => grandchildren.splice(0).forEach((pid) => process.kill(pid)));

test("a lock has one holder at a time, whose file names it and goes with the lock", async () => {
  const release = await tryLock(file);
  expect(release).toBeDefined();
  expect(holder()).toBe(String(process.pid));
  expect(await tryLock(file)).toBeUndefined();
  release!();
  expect(fs.existsSync(file)).toBe(false);
  const again = await tryLock(file);
  expect(again).toBeDefined();
  again!();
});

test("a second process waits, learns who holds the lock, and gets it when the first lets go", async () => {
  const release = await acquireLock(file, neverWaits);
  const order: string[] = [];
  let heard: (holder: string) => void;
  const named = new Promise<string>((resolve) => (heard = resolve));
  const second = acquireLock(file, (pid) => heard(pid)).then((releaseSecond) => {
    order.push("second has it");
    expect(holder()).toBe(String(process.pid));
    releaseSecond();
  });
  expect(await named).toBe(String(process.pid));
  order.push("first lets go");
  release();
  await second;
  expect(order).toEqual(["first lets go", "second has it"]);
});

test("a process that is killed loses its lock, even while a process that it started lives on", async () => {
  const other = await otherHolder();
  expect(holder()).toBe(String(other.pid));
  expect(await tryLock(file)).toBeUndefined();
  other.kill("SIGKILL");
  await once(other, "close");
  const release = await acquireLock(file, neverWaits);
  expect(holder()).toBe(String(process.pid));
  release();
});

test("a process that waits gets the lock when the holder is killed", async () => {
  const other = await otherHolder();
  const release = await acquireLock(file, (pid) => {
    expect(pid).toBe(String(other.pid));
    other.kill("SIGKILL");
  });
  expect(holder()).toBe(String(process.pid));
  release();
});

test("waiting can be given up, and the lock is then free for others", async () => {
  const release = await acquireLock(file, neverWaits);
  const stop = new AbortController();
  await expect(acquireLock(file, () => stop.abort(), stop.signal)).rejects.toThrow("abort");
  release();
  (await acquireLock(file, neverWaits))();
});

test("work under a lock never overlaps, and a failure frees the lock", async () => {
  const order: string[] = [];
  let waited = 0;
  const work = (name: string, fails = false) =>
    withLock(
      file,
      () => (waited += 1),
      async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} ends`);
        if (fails) throw new Error(name);
      },
    );
  const names = ["a", "b", "c", "d", "e", "f"];
  const results = await Promise.allSettled(names.map((name) => work(name, name === "a")));
  expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(waited).toBeGreaterThan(0);
  expect(order).toHaveLength(2 * names.length);
  for (let index = 0; index < order.length; index += 2) {
    expect(order[index + 1]).toBe(order[index]!.replace("begins", "ends"));
  }
  expect(fs.existsSync(file)).toBe(false);
});

test("a lock whose file cannot be made is an error", async () => {
  fs.writeFileSync(path.join(directory, "cache"), "");
  await expect(tryLock(file)).rejects.toThrow(/EEXIST|ENOTDIR/);
});
