import * as pulumi from "@pulumi/pulumi";
import { Mocks } from "../../../tests/unit/mocks";
import { rawSettings } from "../../../tests/unit/settings";

/** A resource that the program registered. */
export interface Recorded {
  name: string;
  type: string;
  /** Name of the component it belongs to; none for what index.ts makes itself. */
  parent?: string;
  /** Names of the resources whose outputs it takes, or that it waits for. */
  uses: string[];
}

interface Named extends pulumi.Resource {
  readonly __name: string;
}
const nameOf = (resource: pulumi.Resource) => (resource as Named).__name;

/** Runs the program under the unit tests' mocks, with the settings' defaults, and writes down what it registers. */
export async function record(): Promise<Recorded[]> {
  const found: Promise<Recorded>[] = [];
  await pulumi.runtime.setMocks(new Mocks(), "hardway", "graph", true, "organization");
  const settings = Object.entries(rawSettings()).map(([key, value]) => [`hardway:${key}`, value]);
  pulumi.runtime.setAllConfig({ ...Object.fromEntries(settings), "gcp:region": "us-central1" } as Record<
    string,
    string
  >);
  await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation(({ name, type, props, opts }) => {
      const parent = opts.parent && nameOf(opts.parent);
      const { dependsOn } = opts as { dependsOn?: unknown };
      found.push(sources([props, dependsOn]).then((uses) => ({ name, type, parent, uses })));
      return undefined;
    });
    const { default: program } = (await import("../../../index")) as unknown as { default: () => Promise<unknown> };
    await program();
  });
  await pulumi.runtime.disconnect();
  return Promise.all(found);
}

/** Names of the resources that a value comes from, however deep it is nested. */
async function sources(value: unknown): Promise<string[]> {
  if (pulumi.Output.isInstance(value)) {
    const { allResources } = value as unknown as { allResources?: () => Promise<Set<pulumi.Resource>> };
    const resources = (await allResources?.call(value)) ?? new Set<pulumi.Resource>();
    return [...resources].map(nameOf);
  }
  if (pulumi.Resource.isInstance(value)) return [nameOf(value)];
  if (typeof value !== "object" || value === null) return [];
  return (await Promise.all(Object.values(value).map(sources))).flat();
}
