import { CommandError, run } from "../../../local/cloud/run";

describe("run", () => {
  it("gives input and returns output", async () => {
    await expect(run("cat", [], { input: "text" })).resolves.toBe("text");
  });

  it("names the command, its status and what it said", async () => {
    const error: unknown = await run("sh", ["-c", "echo no room >&2; exit 3"]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CommandError);
    expect((error as Error).message).toBe("`sh -c echo no room >&2; exit 3` ended with 3: no room");
  });

  it("says so when there is no such command", async () => {
    await expect(run("hw-no-such-command", [])).rejects.toThrow("Cannot run `hw-no-such-command`");
  });

  it("does not fail by a command that leaves its input unread", async () => {
    await expect(run("true", [], { input: "x".repeat(1_000_000) })).resolves.toBe("");
  });

  it("hands on standard error line by line", async () => {
    const lines: string[] = [];
    await run("sh", ["-c", "printf 'one\\ntw' >&2; printf 'o\\n' >&2"], {
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(["one", "two"]);
  });
});
