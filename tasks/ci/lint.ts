import { readdirSync, readFileSync } from "fs";
import { join } from "path";
import { TextDocument } from "vscode-languageserver-textdocument";
import { projectDirectory } from "../../lib/directories";

/** Checks workflows and actions with GitHub's parser: `npx tsx tasks/ci/lint.ts [FILE…]`. Without a file, all of .github. */

const ours = () =>
  (readdirSync(join(projectDirectory, ".github"), { recursive: true }) as string[])
    .filter((file) => file.endsWith(".yml"))
    .map((file) => join(projectDirectory, ".github", file));

/** The problems in these files, as FILE:LINE: MESSAGE. */
async function lint(files: string[]): Promise<string[]> {
  const { validate } = await import("@actions/languageservice");
  const found = files.map(async (file) => {
    const document = TextDocument.create(`file://${file}`, "yaml", 1, readFileSync(file, "utf8"));
    const problems = await validate(document);
    const text = (message: (typeof problems)[number]["message"]) =>
      typeof message === "string" ? message : message.value;
    return problems.map(({ range, message }) => `${file}:${range.start.line + 1}: ${text(message)}`);
  });
  return (await Promise.all(found)).flat();
}

const given = process.argv.slice(2);
void lint(given.length > 0 ? given : ours()).then((problems) => {
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
});
