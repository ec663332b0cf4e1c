import { existsSync, readFileSync } from "fs";
import { join } from "path";
import { projectDirectory } from "../../lib/directories";
import { preview } from "../../tasks/preview";
import * as stackTasks from "../../tasks/stack/stack";

jest.mock("../../tasks/tools", () => ({ ensureEngine: () => Promise.resolve() }));
jest.mock("../../tasks/process", () => ({ output: () => Promise.resolve("") }));
jest.mock("../../tasks/stack", () => ({
  ...jest.requireActual<object>("../../tasks/stack"),
  whyMissing: jest.fn(),
  createStack: jest.fn(),
  pulumi: jest.fn(),
}));
const { whyMissing, createStack, pulumi } = jest.mocked(stackTasks);

let said: string;
beforeEach(() => {
  said = "";
  jest.resetAllMocks();
  jest.spyOn(console, "log").mockImplementation((line: string) => void (said += `${line}\n`));
});

test("a stack that can be opened is previewed itself, in its own backend", async () => {
  whyMissing.mockResolvedValue(undefined);
  pulumi.mockResolvedValue(3);
  expect(await preview("dev", ["--refresh"])).toBe(3);
  const stack = stackTasks.openStack("dev");
  expect(pulumi).toHaveBeenCalledWith(stack, "preview", "--diff", "--refresh");
  expect(stack.directory).toBe(projectDirectory);
  expect(createStack).not.toHaveBeenCalled();
  expect(said).toBe("");
});

test("one that cannot is planned as a new one with the same settings, in a backend that is gone afterwards", async () => {
  whyMissing.mockResolvedValue("no stack named 'dev' found");
  pulumi.mockImplementation(({ directory, environment }) => {
    const file = "Pulumi.dev.yaml";
    expect(readFileSync(join(directory, file))).toEqual(readFileSync(join(projectDirectory, file)));
    expect(environment.PULUMI_BACKEND_URL).toBe(`file://${join(directory, "../state")}`);
    return Promise.resolve(0);
  });
  expect(await preview("dev")).toBe(0);
  const [[standIn]] = pulumi.mock.calls as [[stackTasks.Stack]];
  expect(createStack).toHaveBeenCalledWith(standIn);
  expect(existsSync(join(standIn.directory, ".."))).toBe(false);
  expect(said).toContain("Stack dev cannot be opened: no stack named 'dev' found\n");
  expect(said).toContain("a stack that does not exist yet");
});

test("nothing is left of a plan that fails", async () => {
  whyMissing.mockResolvedValue("no stack named 'dev' found");
  pulumi.mockRejectedValue(new Error("no engine"));
  await expect(preview("dev")).rejects.toThrow("no engine");
  const [[{ directory }]] = pulumi.mock.calls as [[stackTasks.Stack]];
  expect(existsSync(join(directory, ".."))).toBe(false);
});
