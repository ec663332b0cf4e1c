import { CommandError, run } from "../../../../local/cloud/fabric/run";
import { Serial, settled } from "../../../../local/cloud/fabric/serial";

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

describe("order", () => {
  it("runs steps one after another, also behind one that failed", async () => {
    const serial = new Serial();
    const events: string[] = [];
    const step = (name: string, fails: boolean) => async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
    const first = serial.run(step("first", true));
    const second = serial.run(step("second", false));
    await expect(first).rejects.toThrow("first");
    await expect(second).resolves.toBe("second");
    expect(events).toEqual(["first begins", "first ends", "second begins", "second ends"]);
  });

  it("waits for everything before it tells of an error", async () => {
    let isDone = false;
    const slow = new Promise<void>((resolve) => setImmediate(resolve)).then(() => void (isDone = true));
    await expect(settled([Promise.reject(new Error("early")), slow])).rejects.toThrow("early");
    expect(isDone).toBe(true);
    await expect(settled([Promise.resolve(1), Promise.resolve("two")])).resolves.toEqual([1, "two"]);
  });
});
