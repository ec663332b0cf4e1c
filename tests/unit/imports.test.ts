import { join } from "path";
import { output } from "../../lib/process";

const root = join(__dirname, "../..");
const CASES = [
  ["components/type.ts", "../tasks/error", "refuses"],
  ["local/space.ts", "../settings/nearest", "refuses"],
  ["components/type.ts", "../lib/ipv4", "accepts"],
] as const;

/** The rules that a planted import breaks, in place of a file's own text. One ESLint for all, because it takes seconds to start. */
const PROGRAM = `
import { ESLint } from "eslint";
const eslint = new ESLint();
const broken = [];
for (const [filePath, imported] of JSON.parse(process.argv[1])) {
  const [result] = await eslint.lintText(\`export * from "\${imported}";\\n\`, { filePath });
  broken.push(result.messages.map(({ ruleId }) => String(ruleId)));
}
console.log(JSON.stringify(broken));
`;

let broken: string[][];
beforeAll(async () => {
  const args = ["--input-type=module", "--eval", PROGRAM, JSON.stringify(CASES)];
  broken = JSON.parse(await output(process.execPath, args, { cwd: root })) as string[][];
}, 120_000);

test.each(CASES.map((each, i) => [...each, i] as const))(
  "of %s importing %s, ESLint %s",
  (_file, _imported, verdict, i) => {
    expect(broken[i]).toEqual(verdict === "accepts" ? [] : ["import-x/no-restricted-paths"]);
  },
);
