import { Serial, settled } from "../../../../local/cloud/fabric/serial";

describe("order", () => {
  it("runs steps one after another, even after one that failed", async () => {
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

  it("rejects only when all steps have ended", async () => {
    let isDone = false;
    const slow = new Promise<void>((resolve) => setImmediate(resolve)).then(() => void (isDone = true));
    await expect(settled([Promise.reject(new Error("early")), slow])).rejects.toThrow("early");
    expect(isDone).toBe(true);
    await expect(settled([Promise.resolve(1), Promise.resolve("two")])).resolves.toEqual([1, "two"]);
  });
});
