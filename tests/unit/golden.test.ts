import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "fs";
import { basename, join } from "path";
import { ETCD_MINORS, KUBERNETES_MINORS } from "../../node/versions";
import {
  Rendered,
  renderedControlPlane,
  renderedEtcd,
  renderedStartup,
  renderedWorker,
  renderedWorkerStartup,
  scriptOf,
} from "./rendered";

/**
 * Compares every file and script that a machine gets, for each supported minor, with tests/golden, so that a changed flag
 * shows in a pull request. `GOLDEN=write npx jest tests/unit/golden.test.ts` writes the golden files.
 */
const golden = join(__dirname, "../golden");

/** Contents by file name. No two files of a machine have the same base name. */
function files({ step, secrets }: Rendered): Record<string, string> {
  const shown = [...step.files, ...secrets].filter(({ content }) => !/^(CERTIFICATE|KEY|CA|PUBLIC) /.test(content));
  return Object.fromEntries(shown.map(({ path, content }) => [basename(path), content]));
}

function script(rendered: Rendered): Record<string, string> {
  const modes = [...rendered.step.files, ...rendered.secrets].map((f) => `${f.mode} ${f.owner} ${f.path}\n`);
  return { [`step-${rendered.step.name}.sh`]: scriptOf(rendered), [`modes-${rendered.step.name}.txt`]: modes.join("") };
}

const expected: [string, Record<string, string>][] = [
  ...ETCD_MINORS.map((minor): [string, Record<string, string>] => [`etcd-${minor}`, files(renderedEtcd(`${minor}.0`))]),
  ...KUBERNETES_MINORS.map((minor): [string, Record<string, string>] => [
    `kubernetes-${minor}`,
    files(renderedControlPlane(`${minor}.0`)),
  ]),
  ...KUBERNETES_MINORS.map((minor): [string, Record<string, string>] => [
    `worker-${minor}`,
    files(renderedWorker(`${minor}.0`)),
  ]),
  [
    "scripts",
    {
      ...script(renderedEtcd(`${ETCD_MINORS.at(-1)}.0`)),
      ...script(renderedControlPlane(`${KUBERNETES_MINORS.at(-1)}.0`)),
      ...script(renderedWorker(`${KUBERNETES_MINORS.at(-1)}.0`)),
      "startup-worker.sh": renderedWorkerStartup(`${KUBERNETES_MINORS.at(-1)}.0`),
      "startup.sh": renderedStartup(`${ETCD_MINORS.at(-1)}.0`, `${KUBERNETES_MINORS.at(-1)}.0`),
    },
  ],
];

if (process.env.GOLDEN === "write") {
  rmSync(golden, { recursive: true, force: true });
  for (const [directory, contents] of expected)
    for (const [name, content] of Object.entries(contents)) {
      mkdirSync(join(golden, directory), { recursive: true });
      writeFileSync(join(golden, directory, name), content);
    }
}

test.each(expected)("tests/golden/%s has a file for each rendered one, and no others", (directory, contents) => {
  const found = existsSync(join(golden, directory)) ? readdirSync(join(golden, directory)) : [];
  expect(found.sort()).toEqual(Object.keys(contents).sort());
});

test("tests/golden has a directory for each supported minor, and no others", () => {
  expect(readdirSync(golden).sort()).toEqual(expected.map(([directory]) => directory).sort());
});

const each = expected.flatMap(([directory, contents]) =>
  Object.entries(contents).map(([name, content]) => [join(directory, name), content] as const),
);
test.each(each)("%s is rendered as its golden file says", (path, content) => {
  expect(content).toBe(readFileSync(join(golden, path), "utf8"));
});
