import { pulumiCapture, openStack } from "../../tasks/stack";
import { NpmPackage } from "../schemas/npm";
import { disagreements } from "../schemas/parity";
import { pluginSchema } from "../schemas/plugin";
import { isOf, stateProblems, StateResource } from "../schemas/state";
import { STACK } from "./support";

const built = ["command", "gcp", "tls"];

test.each(built)(
  "the %s plugin that is built here has the same tokens, properties, types and secrets as its npm package",
  async (name) => {
    expect(disagreements(name, await pluginSchema(name))).toEqual([]);
  },
);

describe("the stack's state", () => {
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

  // HashiCorp's provider returns it only for authorities with a limit, although its schema requires it.
  const known = /\.maxPathLength is missing$/;
  test.each(built)("has inputs and outputs of every %s resource that follow its plugin's schema", async (name) => {
    const { resources: sources, types = {} } = await pluginSchema(name);
    const problems = of(name).flatMap((resource) => stateProblems(resource, sources[resource.type] ?? {}, types));
    expect(problems.filter((problem) => !known.test(problem))).toEqual([]);
  });

  // Uses the npm package, because the plugin's schema does not describe an object's nested fields. The API leaves out fields
  // that the classes require.
  const optional = / outputs\..* is missing$/;
  test("has Kubernetes objects and their provider that follow the classes of the npm package", () => {
    const npm = new NpmPackage("kubernetes");
    const problems = of("kubernetes").flatMap((resource) =>
      stateProblems(resource, npm.resource(resource.type), npm.types),
    );
    expect(problems.filter((problem) => !optional.test(problem))).toEqual([]);
  });
});
