import { capture, Finished } from "../../../lib/process";
import { Ssh } from "../../../lib/ssh";

jest.mock("../../../lib/process", () => ({ capture: jest.fn() }));

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
