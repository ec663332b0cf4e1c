import * as pulumi from "@pulumi/pulumi";
import { defaultSettings } from "../../stack";

/** A resource that the program registered. */
export interface Recorded {
  name: string;
  type: string;
  /** Name of the component it belongs to; undefined for a resource that index.ts makes itself. */
  parent?: string;
  /** Names of the resources whose outputs it takes or that it depends on. */
  uses: string[];
}

/** An engine that creates nothing. In a preview, the outputs that are not among a resource's inputs stay unknown. */
const engine: pulumi.runtime.Mocks = {
  newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
  // The program calls one function in such a preview: it reads the outputs of an earlier update, and there are none.
  call: () => ({ outputs: {} }),
};

interface Named extends pulumi.Resource {
  readonly __name: string;
}
const nameOf = (resource: pulumi.Resource) => (resource as Named).__name;

/** Runs the program as a preview of a new stack with default settings, and returns the resources that it registers. */
export async function record(): Promise<Recorded[]> {
  const found: Promise<Recorded>[] = [];
  await pulumi.runtime.setMocks(engine, "hardway", "graph", true, "organization");
  pulumi.runtime.setAllConfig(settings());
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

/** Default settings, and values for the settings that have no default. */
function settings(): Record<string, string> {
  const defaults = Object.entries(defaultSettings()).map(([key, value]) => [`hardway:${key}`, value]);
  return {
    ...(Object.fromEntries(defaults) as Record<string, string>),
    "gcp:region": "us-central1",
    "hardway:administratorCidrs": '["198.51.100.0/24"]',
  };
}

/** Names of the resources that a value comes from, at any depth. */
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
