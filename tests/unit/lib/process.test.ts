import { spawnSync } from "child_process";
import { join } from "path";

const root = join(__dirname, "../../..");

/** What `attached` resolves with in a process of its own, which the program below it may signal. */
function attached(command: string): string {
  const script = `require("./lib/process.ts").attached("sh", ["-c", ${JSON.stringify(command)}]).then(console.log)`;
  return spawnSync(process.execPath, ["--import", "tsx", "-e", script], { cwd: root, encoding: "utf8" }).stdout.trim();
}

test.each([
  ["ends by itself", "exit 3", "3"],
  ["fails after Ctrl-C", "kill -INT $PPID; sleep 0.2; exit 3", "130"],
  ["says that it succeeded after Ctrl-C", "kill -INT $PPID; sleep 0.2", "130"],
  ["is ended with this process", "kill -TERM $PPID; exec sleep 5", "130"],
])("a program on this terminal that %s", (_, command, code) => {
  expect(attached(command)).toBe(code);
});
