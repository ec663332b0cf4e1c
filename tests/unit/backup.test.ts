import { createHash, randomBytes } from "crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { capture, Finished, output } from "../../lib/process";
import { backupScript, backupService, backupTimer } from "../../node/programs/backup";
import { BackupFile } from "../../tasks/backup/file";

/** Runs the script of the machines with this host's bash, openssl and tar. etcdctl and etcdutl are stand-ins. */

let scratch: string;
const at = (...path: string[]) => join(scratch, ...path);
/** A snapshot of several pieces, which ends with its SHA-256 like etcd's. */
const CANARY = "canary-in-plain-text";
const body = Buffer.concat([Buffer.from(CANARY.repeat(1000)), randomBytes(150_000)]);
const snapshot = Buffer.concat([body, createHash("sha256").update(body).digest()]);
let privateKey: string;

function program(name: string, script: string): void {
  writeFileSync(at("bin", name), `#!/bin/bash\n${script}\n`);
  chmodSync(at("bin", name), 0o755);
}

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hardway-backup-test-"));
  mkdirSync(at("bin"));
  for (const name of ["own", "other"]) {
    await output("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", at(`${name}.key`)]);
    const request = [
      "req",
      "-x509",
      "-new",
      "-key",
      at(`${name}.key`),
      "-subj",
      "/CN=backups",
      "-out",
      at(`${name}.crt`),
    ];
    await output("openssl", [...request, "-addext", "keyUsage=keyAgreement"]);
  }
  privateKey = readFileSync(at("own.key"), "utf8");
  writeFileSync(at("snapshot"), snapshot);
  writeFileSync(at("etcd-backup"), backupScript());
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

beforeEach(() => {
  rmSync(at("backups"), { recursive: true, force: true });
  mkdirSync(at("backups"));
  program(
    "etcdctl",
    `case "$*" in *status*) echo '[{"Status":{"dbSize":1048576}}]' ;; *keys-only*) echo '{"count":255}' ;; *save*) cp ${at("snapshot")} "\${@: -1}" ;; esac`,
  );
  program(
    "etcdutl",
    `[ "$1" = version ] && echo "etcdutl version: 3.7.3" || echo '{"hash":7,"revision":527,"totalKey":300,"totalSize":4096}'`,
  );
  // Each run is a minute later, so that each backup has its own name.
  program(
    "date",
    `[ "$1" = +%s ] && exec /bin/date +%s; n=$(ls ${at("backups")} | grep -c tar); echo 20261128T09300\${n}Z`,
  );
  rmSync(at("bin", "df"), { force: true });
});

const run = (when: string, environment: Record<string, string> = {}): Promise<Finished> =>
  capture("bash", [at("etcd-backup"), when], {
    env: {
      PATH: `${at("bin")}:${process.env.PATH}`,
      DIRECTORY: at("backups"),
      RECIPIENT: at("own.crt"),
      CLUSTER: "hardway-test",
      INTERVAL_HOURS: "6",
      EARLY_SECONDS: "1800",
      KEPT: "2",
      PART: "64K",
      ...environment,
    },
  });
const backups = () => readdirSync(at("backups")).filter((name) => name.endsWith(".tar"));
const made = (i = 0) => at("backups", backups()[i]!);

/** What a backup decrypts to. */
async function decrypted(path: string, key = privateKey): Promise<Buffer> {
  const file = await BackupFile.open(path);
  try {
    await file.check(key);
    const pieces: Buffer[] = [];
    for await (const piece of file.snapshot(key)) pieces.push(piece);
    return Buffer.concat(pieces);
  } finally {
    await file.close();
  }
}

test("a backup is encrypted, only its owner can read it, and it decrypts to the snapshot", async () => {
  expect(await run("now")).toMatchObject({ code: 0, stderr: "" });
  expect(backups()).toEqual(["hardway-test-20261128T093000Z.etcd.tar"]);
  expect(statSync(made()).mode & 0o777).toBe(0o600);
  expect(readFileSync(made()).includes(CANARY)).toBe(false);
  expect((await decrypted(made())).equals(snapshot)).toBe(true);
  // The plain snapshot is gone.
  expect(existsSync(at("backups", "work"))).toBe(false);

  const good = JSON.parse(readFileSync(at("backups", "last-good.json"), "utf8")) as Record<string, unknown>;
  expect(good).toMatchObject({ cluster: "hardway-test", etcd: "3.7.3", hash: 7, revision: 527, keys: 255 });
  expect(good.file).toBe(backups()[0]);
  expect(good.size).toBe(statSync(made()).size);
  expect(good.sha256).toBe(createHash("sha256").update(readFileSync(made())).digest("hex"));
  const file = await BackupFile.open(made());
  expect(good).toMatchObject(file.description);
  await file.close();
});

test("the commands in docs/backup.md decrypt a backup without this program", async () => {
  await run("now");
  const page = readFileSync(join(__dirname, "../../docs/backup.md"), "utf8");
  const [, commands] = /<!-- by-hand -->\n```\n([^]*?)```/.exec(page)!;
  mkdirSync(at("hand"));
  const replaced = commands!
    .replaceAll("FILE.etcd.tar", made())
    .replace("pulumi stack output backupKey --show-secrets", `cat ${at("own.key")}`);
  const { code, stderr } = await capture("bash", ["-e", "-c", replaced.replace(/^etcdutl.*$/m, "")], {
    cwd: at("hand"),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(readFileSync(at("hand", "snapshot.db")).equals(snapshot)).toBe(true);
});

test("the last backups are kept, and older ones deleted", async () => {
  for (let i = 0; i < 4; i++) await run("now", { KEPT: "2" });
  expect(backups()).toHaveLength(2);
  expect(backups()[0]).not.toContain("093000Z");
});

test("a backup is due when there is none, or the last good one is as old as the interval", async () => {
  const due = async () => {
    const before = backups().length;
    expect((await run("due")).code).toBe(0);
    return backups().length > before;
  };
  const age = (hours: number) => {
    const then = Date.now() / 1000 - hours * 3600;
    utimesSync(at("backups", "last-good.json"), then, then);
  };
  expect(await due()).toBe(true);
  expect(await due()).toBe(false);
  age(5.4);
  expect(await due()).toBe(false);
  age(5.6);
  expect(await due()).toBe(true);
});

test.each<[string, () => void, string]>([
  [
    "etcd does not answer",
    () => program("etcdctl", "echo context deadline exceeded >&2; exit 1"),
    "etcd does not answer: context deadline exceeded",
  ],
  [
    "the snapshot is damaged",
    () => program("etcdutl", "echo snapshot file is not a database >&2; exit 1"),
    "the snapshot is damaged: snapshot file is not a database",
  ],
  [
    "the snapshot's end does not match",
    () =>
      program(
        "etcdctl",
        `case "$*" in *status*) echo '{"dbSize":1}' ;; *keys-only*) echo '{"count":1}' ;; *) echo damaged >"\${@: -1}" ;; esac`,
      ),
    "the snapshot is damaged: its SHA-256 does not match",
  ],
  ["the disk is full", () => program("df", "echo Avail; echo 1048576"), "the disk is full: "],
  [
    "the disk becomes full",
    () => program("tar", "echo No space left on device >&2; exit 2"),
    "it cannot be written: No space left on device",
  ],
  ["the certificate is gone", () => rmSync(at("own.crt")), "it cannot be encrypted: "],
])("%s: the run fails and says so, and older backups stay", async (_, damage, words) => {
  await run("now");
  const before = readdirSync(at("backups"));
  const certificate = readFileSync(at("own.crt"));
  damage();
  const { code, stderr } = await run("now", { KEPT: "1" });
  writeFileSync(at("own.crt"), certificate);
  rmSync(at("bin", "tar"), { force: true });
  expect(code).toBe(1);
  expect(stderr).toContain(`hardway: backup of etcd failed: ${words}`);
  expect(stderr).toContain("; older backups are untouched");
  expect(readdirSync(at("backups"))).toEqual(before);
});

describe("a file that is not a whole backup of this stack is refused", () => {
  const changed = (change: (content: Buffer) => Buffer | string) => {
    const path = at("changed.etcd.tar");
    writeFileSync(path, change(readFileSync(made())));
    return path;
  };
  beforeEach(() => run("now"));

  test.each<[string, (content: Buffer) => Buffer | string, string]>([
    ["truncated in a part", (content) => content.subarray(0, content.length / 2), "it ends"],
    ["truncated by its last kilobytes", (content) => content.subarray(0, content.length - 12_000), "it ends"],
    [
      "with a changed byte",
      (content) => (content.writeUInt8(content[20_000]! ^ 1, 20_000), content),
      "part.0000 cannot be decrypted: it was changed, or is another stack's",
    ],
    ["that is not a tar file", () => "x".repeat(2000), "it is no tar file"],
    ["that is empty", () => "", "it ends too early"],
  ])("%s", async (_, change, words) => {
    await expect(decrypted(changed(change))).rejects.toThrow(
      new RegExp(`^FROM=.* is not a whole backup of this stack: ${words}.*; nothing was changed$`),
    );
  });

  test("without its last part", async () => {
    await output(
      "bash",
      [
        "-c",
        `mkdir parts && tar xf ${made()} -C parts && rm "$(ls parts/part.* | tail -n 1)" && cd parts && tar cf ../less.tar *`,
      ],
      { cwd: scratch },
    );
    await expect(decrypted(at("less.tar"))).rejects.toThrow(/is not a whole backup of this stack: /);
  });

  test("encrypted for another stack", async () => {
    const other = readFileSync(at("other.key"), "utf8");
    await expect(decrypted(made(), other)).rejects.toThrow(
      "part.0000 cannot be decrypted: it was changed, or is another stack's",
    );
  });

  test("that is not there", async () => {
    await expect(decrypted(at("nothing"))).rejects.toThrow(/^FROM=.*nothing cannot be read: ENOENT/);
  });
});

const options = { clusterName: "hardway-test", recipient: "", intervalHours: 6, kept: 8, minute: 5 };

test("the unit gives way to what serves, and removes the plain snapshot also after a kill", () => {
  const lines = backupService(options).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "Nice=19",
      "IOSchedulingClass=idle",
      "StateDirectoryMode=0700",
      "ExecStopPost=/usr/bin/rm -rf /var/lib/etcd-backup/work",
      "IPAddressDeny=any",
      "UMask=0077",
    ]),
  );
});

test("the timer comes every hour in the controller's own minute, and makes up for what it missed", () => {
  expect(backupTimer(options).split("\n")).toEqual(
    expect.arrayContaining(["OnCalendar=*-*-* *:05:00", "Persistent=yes", "RandomizedDelaySec=5min"]),
  );
});
