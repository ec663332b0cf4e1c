import { readFileSync } from "fs";
import { join } from "path";
import { stateDirectory } from "../../lib/directories";
import { ALL_OK, made } from "./support";

const daemon = () => Number(readFileSync(join(stateDirectory("cloud"), "daemon.pid"), "utf8").split(" ")[0]);

test("the control plane works after the local cloud's daemon is killed, and make up starts a daemon and changes nothing else", async () => {
  const before = daemon();
  process.kill(before, "SIGKILL");
  expect(await made("verify")).toMatch(ALL_OK);
  expect(await made("up")).toMatch(/Resources:\s+\d+ unchanged\n/);
  expect(daemon()).not.toBe(before);
});
