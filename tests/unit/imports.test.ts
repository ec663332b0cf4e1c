import { join } from "path";
import { capture } from "../../lib/process";

/** ESLint on a planted import, in place of a file's own text. */
async function complaints(file: string, imported: string): Promise<string[]> {
  const root = join(__dirname, "../..");
  const { stdout } = await capture(
    process.execPath,
    [join(root, "node_modules/eslint/bin/eslint.js"), "--stdin", "--stdin-filename", file, "--format", "json"],
    { cwd: root, input: `export * from "${imported}";\n` },
  );
  const [result] = JSON.parse(stdout) as [{ messages: { ruleId: string | null }[] }];
  return result.messages.map(({ ruleId }) => String(ruleId));
}

test.each([
  ["components/type.ts", "../tasks/error"],
  ["local/space.ts", "../settings/nearest"],
])("ESLint refuses that %s imports %s", async (file, imported) => {
  expect(await complaints(file, imported)).toContain("import-x/no-restricted-paths");
});

test("ESLint accepts that components/type.ts imports lib/ipv4", async () => {
  expect(await complaints("components/type.ts", "../lib/ipv4")).toEqual([]);
});
