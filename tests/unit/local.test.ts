import { projectDirectory } from "../../lib/directories";
import { output } from "../../lib/process";

/** Files that a program has loaded when it ends. */
async function loadedBy(program: string): Promise<string[]> {
  const print = "console.log(JSON.stringify(Object.keys(require.cache)))";
  const args = ["--require", "tsx/cjs", "--eval", `${program}; ${print}`];
  return JSON.parse(await output(process.execPath, args, { cwd: projectDirectory })) as string[];
}

/** Every command imports the front, so what it loads delays every command. */
test("the front of local/ loads no package, and no server or fabric of the local cloud", async () => {
  const nothing = await loadedBy("");
  const loaded = (await loadedBy('require("./local")')).filter((file) => !nothing.includes(file));
  expect(loaded).toContain(`${projectDirectory}/local/index.ts`);
  expect(loaded.filter((file) => file.includes("node_modules"))).toEqual([]);
  expect(loaded.filter((file) => /local\/cloud\/(api|engine|cli|metadata|image)\/|fabric\/index/.test(file))).toEqual(
    [],
  );
});
