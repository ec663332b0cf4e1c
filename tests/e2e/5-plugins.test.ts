import { pulumiCapture, openStack } from "../../tasks/stack";
import { NpmPackage } from "../schemas/npm";
import { disagreements } from "../schemas/parity";
import { pluginSchema } from "../schemas/plugin";
import { isOf, stateProblems, StateResource } from "../schemas/state";
import { STACK } from "./support";

const built = ["command", "gcp", "tls"];

test.each(built)(
  "the %s plugin built here has the tokens, properties, types and secrets of its npm package",
  async (name) => {
    expect(disagreements(name, await pluginSchema(name))).toEqual([]);
  },
);

describe("in the stack's state", () => {
  let resources: StateResource[];
  beforeAll(async () => {
    const { stdout } = await pulumiCapture(openStack(STACK), "stack", "export", "--show-secrets");
    resources = (JSON.parse(stdout) as { deployment: { resources: StateResource[] } }).deployment.resources;
  });
  const of = (name: string) => {
    const found = resources.filter((resource) => isOf(name, resource));
    expect(found).not.toEqual([]);
    return found;
  };

  // HashiCorp's provider gives it for authorities with a limit alone, though its schema says always.
  const known = /\.maxPathLength is missing$/;
  test.each(built)("inputs and outputs of every %s resource are as its plugin's schema has them", async (name) => {
    const { resources: sources, types = {} } = await pluginSchema(name);
    const problems = of(name).flatMap((resource) => stateProblems(resource, sources[resource.type] ?? {}, types));
    expect(problems.filter((problem) => !known.test(problem))).toEqual([]);
  });

  // The plugin's own schema ends at the fields of an object; the API leaves out fields that the classes have as always there.
  const optional = / outputs\..* is missing$/;
  test("kubernetes objects and their provider are as the classes of the npm package have them", () => {
    const npm = new NpmPackage("kubernetes");
    const problems = of("kubernetes").flatMap((resource) =>
      stateProblems(resource, npm.resource(resource.type), npm.types),
    );
    expect(problems.filter((problem) => !optional.test(problem))).toEqual([]);
  });
});
