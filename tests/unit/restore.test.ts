import { spawnSync } from "child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { dirname, join } from "path";
import { Ssh } from "../../lib/ssh";
import { etcdFlags, initialCluster } from "../../node/programs/etcd";
import { agreed } from "../../tasks/consent";
import { Controllers } from "../../tasks/backup/controllers";
import { leading } from "../../tasks/backup/leader";
import { memberAnswer } from "./verify/fakeMachine";
import { readMember } from "../../verify/checks/etcdMember";
import { FakeStack } from "./verify/fakeStack";

/** Runs the phases of a restore with this host's bash, in scratch directories. The other programs are stand-ins. */

let scratch: string;
const at = (...path: string[]) => join(scratch, ...path);
const write = (path: string, content: string) => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
};
const read = (path: string) => (existsSync(at(path)) ? readFileSync(at(path), "utf8") : undefined);

function program(name: string, script: string): void {
  write(`bin/${name}`, `#!/bin/bash\n${script}\n`);
  chmodSync(at("bin", name), 0o755);
}

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "hardway-restore-test-"));
  // `systemctl is-active etcd` says no.
  program("systemctl", "exit 3");
  program("sync", "");
  program("chown", "");
  program("etcdutl", `mkdir -p ${at("stage/data/member")}; echo "$*" >${at("etcdutl-arguments")}`);
  write("etcd/member/data", "old");
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const library = join(__dirname, "../../tasks/backup/controller.sh");

/** Runs one phase of the restore that began at `stamp`. */
function phase(name: string, stamp = "1") {
  const variables = `DATA=${at("etcd")} STAGE=${at("stage")} STAMP=${stamp} FLAGS='--name=controller-1'`;
  const { status, stderr } = spawnSync(
    "bash",
    ["--norc", "-c", `set -euo pipefail; ${variables}; . ${library}; ${name}`],
    {
      encoding: "utf8",
      env: { PATH: `${at("bin")}:${process.env.PATH}` },
    },
  );
  return { code: status, said: stderr.trim() };
}
const done = { code: 0, said: "" };
const asides = () => readdirSync(scratch).filter((name) => name.startsWith("etcd.before"));

test("the new data replaces the old, which is kept", () => {
  write("stage/data/member/data", "new");
  expect(phase("swap")).toEqual(done);
  expect(read("etcd/member/data")).toBe("new");
  expect(read("etcd.before-restore-1/member/data")).toBe("old");
  expect(phase("finish")).toEqual(done);
  expect(readdirSync(at("etcd.before-restore-1"))).toEqual(["member"]);
  expect(existsSync(at("stage"))).toBe(false);
});

test("the old data comes back when another machine could not take the new", () => {
  write("stage/data/member/data", "new");
  phase("swap");
  expect(phase("unswap")).toEqual(done);
  expect(read("etcd/member/data")).toBe("old");
  expect(asides()).toEqual([]);
});

test("a machine that kept its data keeps it when the others go back", () => {
  expect(phase("swap")).toEqual({ code: 1, said: `there is no restored data in ${at("stage/data")}` });
  expect(phase("unswap")).toEqual(done);
  expect(read("etcd/member/data")).toBe("old");
});

test("a machine without data takes the new", () => {
  rmSync(at("etcd/member"), { recursive: true });
  write("stage/data/member/data", "new");
  expect(phase("swap")).toEqual(done);
  expect(read("etcd/member/data")).toBe("new");
  expect(phase("unswap")).toEqual(done);
  expect(existsSync(at("etcd/member"))).toBe(false);
});

test("a machine that could not put the new data in place has its old data again", () => {
  write("stage/data/member/data", "new");
  // The move of the new data fails.
  program("mv", `case "$*" in *stage*) exit 1 ;; *) exec /bin/mv "$@" ;; esac`);
  expect(phase("swap").code).toBe(1);
  expect(existsSync(at("etcd/member"))).toBe(false);
  expect(phase("unswap")).toEqual(done);
  expect(read("etcd/member/data")).toBe("old");
});

test("a restore after one that was interrupted keeps the data from before both", () => {
  write("stage/data/member/data", "half");
  phase("swap", "1");
  write("stage/data/member/data", "new");
  phase("swap", "2");
  phase("finish", "2");
  expect(read("etcd/member/data")).toBe("new");
  expect(read("etcd.before-restore-1/member/data")).toBe("old");
});

test("of restores that ended, only the last one's old data is kept", () => {
  for (const stamp of ["1", "2", "3"]) {
    write("stage/data/member/data", `new ${stamp}`);
    phase("swap", stamp);
    phase("finish", stamp);
  }
  expect(asides()).toEqual(["etcd.before-restore-3"]);
  expect(read("etcd.before-restore-3/member/data")).toBe("new 2");
});

test("data is not replaced while etcd runs", () => {
  write("stage/data/member/data", "new");
  program("systemctl", "exit 0");
  expect(phase("swap")).toEqual({ code: 1, said: "etcd runs again; something else has started it" });
  expect(read("etcd/member/data")).toBe("old");
});

test("the new data is made with higher revisions and the member's flags, and the plain snapshot is removed", () => {
  write("stage/snapshot.db", "snapshot");
  expect(phase("prepare")).toEqual(done);
  expect(read("etcdutl-arguments")).toBe(
    `snapshot restore ${at("stage/snapshot.db")} --data-dir ${at("stage/data")} --bump-revision 1000000000 --mark-compacted --name=controller-1\n`,
  );
  expect(existsSync(at("stage/snapshot.db"))).toBe(false);
});

test.each<[string, () => void, string]>([
  ["the disk is full", () => program("df", "echo Avail; echo 1048576"), "the disk is full: "],
  [
    "etcdutl refuses the snapshot",
    () => program("etcdutl", "echo snapshot is newer; exit 1"),
    "etcdutl cannot restore the snapshot: snapshot is newer",
  ],
])("%s: preparing fails and says so", (_, damage, words) => {
  write("stage/snapshot.db", "snapshot");
  damage();
  const { code, said } = phase("prepare");
  expect(code).toBe(1);
  expect(said).toContain(words);
  expect(read("etcd/member/data")).toBe("old");
});

test("each controller restores with the flags in its etcd unit, and gets no secret", async () => {
  const { outputs } = new FakeStack().context;
  const scripts = new Map<string, string>();
  const run: Ssh["run"] = ({ name }, _command, _timeout, input) => {
    scripts.set(name, input!);
    return Promise.resolve({ code: 0, stdout: "", stderr: "" });
  };
  await new Controllers({ run } as Ssh, outputs).each("prepare");
  const members = outputs.controllers.map(({ name, internalIp }) => ({ name, address: internalIp }));
  for (const [i, member] of members.entries()) {
    const flags = etcdFlags({ version: "3.7.0", member, clusterToken: "hardway-local" });
    const script = scripts.get(member.name)!;
    expect(script).toContain(`--name=controller-${i} --initial-cluster-token=hardway-local `);
    expect(script).toContain(
      `--initial-advertise-peer-urls=https://10.240.0.1${i}:2380 --initial-cluster=${initialCluster(members)}'`,
    );
    expect(script).toContain(`DATA=${String(flags["data-dir"])} `);
  }
});

test("a phase that fails on a controller is reported with its name and last words, after all have ended", async () => {
  const { outputs } = new FakeStack().context;
  let ended = 0;
  const run: Ssh["run"] = ({ name }) => {
    ended++;
    return Promise.resolve(
      name === "controller-1"
        ? { code: 1, stdout: "", stderr: "noise\nthe disk is full\n" }
        : { code: 0, stdout: "", stderr: "" },
    );
  };
  await expect(new Controllers({ run } as Ssh, outputs).each("prepare")).rejects.toThrow(
    "controller-1: the disk is full",
  );
  expect(ended).toBe(3);
});

test("a backup comes from the leader, or from a member that answers when there is none", () => {
  const { machines } = new FakeStack();
  const seats = () => machines.map((m) => ({ controller: m, member: readMember(m.name, memberAnswer(m.member)) }));
  expect(leading(seats())?.controller.name).toBe("controller-1");
  machines[1].member.silent = "Connection refused";
  expect(leading(seats())?.controller.name).toBe("controller-0");
  machines[0].member.silent = machines[2].member.silent = "Connection refused";
  expect(leading(seats())).toBeUndefined();
});

test("a question that nobody can answer is an error, and YES=1 answers it", async () => {
  const { YES } = process.env;
  try {
    process.env.YES = "1";
    expect(await agreed("Replace?")).toBe(true);
    process.env.YES = "";
    await expect(agreed("Replace?")).rejects.toThrow("there is no terminal for the confirmation; set YES=1");
  } finally {
    process.env.YES = YES ?? "";
  }
});
