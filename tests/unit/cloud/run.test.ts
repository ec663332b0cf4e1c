import { CommandError, run } from "../../../local/cloud/run";

describe("run", () => {
  it("passes input and resolves with the output", async () => {
    await expect(run("cat", [], { input: "text" })).resolves.toBe("text");
  });

  it("rejects with the command, its status and its standard error", async () => {
    const error: unknown = await run("sh", ["-c", "echo no room >&2; exit 3"]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CommandError);
    expect((error as Error).message).toBe("`sh -c echo no room >&2; exit 3` ended with 3: no room");
  });

  it("names a command that does not exist", async () => {
    await expect(run("hw-no-such-command", [])).rejects.toThrow("Cannot run `hw-no-such-command`");
  });

  it("succeeds when a command does not read its input", async () => {
    await expect(run("true", [], { input: "x".repeat(1_000_000) })).resolves.toBe("");
  });

  it("passes on standard error line by line", async () => {
    const lines: string[] = [];
    await run("sh", ["-c", "printf 'one\\ntw' >&2; printf 'o\\n' >&2"], {
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(["one", "two"]);
  });
});
