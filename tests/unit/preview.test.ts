import { existsSync, readFileSync } from "fs";
import { join } from "path";
import { parse } from "yaml";
import { projectDirectory } from "../../lib/directories";
import { preview } from "../../tasks/preview";
import { openStack, Stack } from "../../tasks/stack";
import * as engine from "../../tasks/stack/engine";
import * as tools from "../../tasks/tools";

jest.mock("../../tasks/tools", () => ({ ensureEngine: jest.fn(), ensureAnyEngine: jest.fn() }));
jest.mock("../../tasks/stack/engine", () => ({
  ...jest.requireActual<object>("../../tasks/stack/engine"),
  whyMissing: jest.fn(),
  createStack: jest.fn(),
  pulumi: jest.fn(),
}));
const { ensureEngine, ensureAnyEngine } = jest.mocked(tools);
const { whyMissing, createStack, pulumi } = jest.mocked(engine);

let printed: string;
beforeEach(() => {
  printed = "";
  jest.resetAllMocks();
  jest.spyOn(console, "log").mockImplementation((line: string) => void (printed += `${line}\n`));
});

test("a stack that exists is previewed in its own backend", async () => {
  whyMissing.mockResolvedValue(undefined);
  pulumi.mockResolvedValue(3);
  const stack = openStack("dev");
  expect(await preview(stack, ["--refresh"])).toBe(3);
  expect(pulumi).toHaveBeenCalledWith(stack, "preview", "--diff", "--refresh");
  expect(stack.directory).toBe(projectDirectory);
  expect(createStack).not.toHaveBeenCalled();
  expect(ensureEngine).toHaveBeenCalledWith(stack);
  expect(printed).toBe("");
});

test("a stack that does not exist is planned with the same settings, in a backend that is removed afterwards", async () => {
  whyMissing.mockResolvedValue("no stack named 'dev' found");
  pulumi.mockImplementation(({ directory, environment }) => {
    type File = { config: object };
    const settings = (folder: string) => parse(readFileSync(join(folder, "Pulumi.dev.yaml"), "utf8")) as File;
    const { config, ...rest } = settings(projectDirectory);
    const none = { "gcp:accessToken": "none", "gcp:universeDomain": "preview.invalid" };
    expect(settings(directory)).toEqual({ ...rest, config: { ...config, ...none } });
    expect(environment.PULUMI_BACKEND_URL).toBe(`file://${join(directory, "../state")}`);
    expect(readFileSync(environment.PULUMI_CONFIG_PASSPHRASE_FILE!, "utf8")).toMatch(/^[0-9a-f]{64}$/);
    expect(environment.PULUMI_CONFIG_PASSPHRASE).toBeUndefined();
    return Promise.resolve(0);
  });
  expect(await preview(openStack("dev"))).toBe(0);
  const [[standIn]] = pulumi.mock.calls as [[Stack]];
  expect(createStack).toHaveBeenCalledWith(standIn);
  expect(ensureAnyEngine).toHaveBeenCalled();
  expect(ensureEngine).not.toHaveBeenCalled();
  expect(existsSync(join(standIn.directory, ".."))).toBe(false);
  expect(printed).toContain("Stack dev cannot be opened: no stack named 'dev' found\n");
  expect(printed).toContain("a stack that does not exist yet");
});

test("a stack whose secrets cannot be decrypted is an error, because it does exist", async () => {
  whyMissing.mockResolvedValue("failed to decrypt: incorrect passphrase");
  await expect(preview(openStack("dev"))).rejects.toThrow("STACK=dev cannot be opened: failed to decrypt");
  expect(createStack).not.toHaveBeenCalled();
});

test("a plan that fails leaves no files", async () => {
  whyMissing.mockResolvedValue("no stack named 'dev' found");
  pulumi.mockRejectedValue(new Error("no engine"));
  await expect(preview(openStack("dev"))).rejects.toThrow("no engine");
  const [[{ directory }]] = pulumi.mock.calls as [[Stack]];
  expect(existsSync(join(directory, ".."))).toBe(false);
});
