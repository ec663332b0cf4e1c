import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "fs";
import { tmpdir } from "os";
import { dirname, join } from "path";
import { capture, Finished } from "../../../lib/process";
import { Ssh } from "../../../lib/ssh";

jest.mock("../../../lib/process", () => ({ capture: jest.fn() }));
let mockTmpdir: string | undefined;
jest.mock("os", () => {
  const os = jest.requireActual<{ tmpdir: () => string }>("os");
  return { ...os, tmpdir: () => mockTmpdir ?? os.tmpdir() };
});

const done: Finished = { code: 0, stdout: "", stderr: "" };
const refused: Finished = {
  code: 255,
  stdout: "",
  stderr: "ssh: connect to host 192.0.2.1 port 22: Connection refused",
};
const machine = { name: "controller-0", externalIp: "192.0.2.1" };

const program = jest.mocked(capture);
let ssh: Ssh;
beforeEach(() => {
  program.mockReset().mockResolvedValue(done);
  ssh = new Ssh({ user: "u", privateKey: "", hostKeys: { "controller-0": "ssh-ed25519 AAAA" } });
});
afterEach(() => ssh.close());

/** The commands for the machine, which are the last argument of each ssh. */
const commands = () => program.mock.calls.map(([, args]) => args.at(-1));
const runBoth = () => Promise.all(["uptime", "hostname"].map((command) => ssh.run(machine, command)));

test("commands share a connection that cannot be opened, and the next one opens it for all that follow", async () => {
  program.mockResolvedValueOnce(refused);
  expect(await runBoth()).toEqual([refused, refused]);
  expect(commands()).toEqual(["true"]);

  expect(await runBoth()).toEqual([done, done]);
  expect(await ssh.run(machine, "date")).toEqual(done);
  expect(commands()).toEqual(["true", "true", "uptime", "hostname", "date"]);
});

test("a connection that takes too long is tried again too", async () => {
  program.mockRejectedValueOnce(new Error("ssh was killed by SIGTERM: "));
  await expect(ssh.run(machine, "uptime")).rejects.toThrow("SIGTERM");
  expect(await ssh.run(machine, "uptime")).toEqual(done);
});

describe("the control socket, with a directory for temporary files", () => {
  const scratch = mkdtempSync(join(tmpdir(), "hardway-ssh-test-"));
  afterEach(() => (mockTmpdir = undefined));
  afterAll(() => rmSync(scratch, { recursive: true }));

  /** The control socket's path as ssh expands it, when temporary files are in `directory`. */
  async function socketIn(directory: string): Promise<string> {
    mkdirSync(directory, { recursive: true });
    mockTmpdir = directory;
    ssh = new Ssh({ user: "u", privateKey: "", hostKeys: { "controller-0": "ssh-ed25519 AAAA" } });
    await ssh.run(machine, "uptime");
    const option = program.mock.calls[0]![1].find((arg) => arg.startsWith("ControlPath="))!;
    const [, path] = /^ControlPath="(.*)"$/.exec(option)!;
    return path!.replace(/%(.)/g, (_all, token: string) => ({ C: "x".repeat(40) })[token] ?? token);
  }

  test.each([10, 60, 200])("of %i characters, fits into a Unix socket's address", async (length) => {
    const socket = await socketIn(join(scratch, "d".repeat(length)));
    // Until the socket is ready, ssh appends a dot and 16 letters to its name.
    expect(socket.length + 17).toBeLessThanOrEqual(103);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    await ssh.close();
    expect(existsSync(dirname(socket))).toBe(false);
  });

  test("whose name has a space and a percent sign, is there", async () => {
    const directory = join(scratch, "a b%C");
    expect(dirname(dirname(await socketIn(directory)))).toBe(directory);
  });
});
