import { pluginVersion } from "./pinned";
import { Target } from "./target";
import { ENGINE_VERSION, LANGUAGE_NODEJS_VERSION } from "./versions";

/** The engine and the language host that runs Node.js programs. They share a directory, so that the engine finds the host. */
export function engineTargets(): Target[] {
  const engine = (name: string, module: string, version: string, file: string, pkg: string) => ({
    id: name,
    name,
    groups: [],
    version,
    lane: 0 as const,
    module,
    sources: [module],
    binaries: { [file]: pkg },
    stamps: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": version },
    destination: `engine/${ENGINE_VERSION}`,
    layout: "files" as const,
  });
  return [
    {
      ...engine("engine", "engine", ENGINE_VERSION, "pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"),
      seconds: 150,
      megabytes: 3000,
    },
    {
      ...engine(
        "language-nodejs",
        "language-nodejs",
        LANGUAGE_NODEJS_VERSION,
        "pulumi-language-nodejs",
        "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      ),
      seconds: 25,
      megabytes: 400,
    },
  ];
}

/** The plugins that belong to the program's npm packages. */
export function pluginTargets(): Target[] {
  return [
    {
      ...bridged("gcp"),
      overlay: {
        directory: "plugins/gcp/provider",
        from: "github.com/hashicorp/terraform-provider-google/google/provider",
        omit: "provider_register_services.go",
      },
      seconds: 120,
      megabytes: 2500,
    },
    { ...bridged("tls"), seconds: 15, megabytes: 500 },
    written("command", "command"),
    written("kubernetes", "kubernetes-plugin"),
  ];
}

function plugin(npm: string, name: string): Target {
  const version = pluginVersion(npm);
  return {
    id: name,
    name,
    groups: ["plugins"],
    version,
    lane: 0,
    module: "plugins",
    sources: [],
    binaries: { [`pulumi-resource-${npm}`]: "." },
    stamps: { "main.version": version },
    destination: `pulumi/plugins/resource-${npm}-v${version}`,
    layout: "files",
    seconds: 25,
    megabytes: 600,
  };
}

/** The gcp and tls plugins share the Go module plugins/; the other plugins are not in it. */
function bridged(npm: string): Target {
  return {
    ...plugin(npm, npm),
    sources: ["plugins/go.mod", "plugins/go.sum", "plugins/internal", `plugins/${npm}`],
    binaries: { [`pulumi-resource-${npm}`]: `./${npm}` },
  };
}

/** A plugin written in this repository, with its own Go module. */
function written(npm: string, name: string): Target {
  return { ...plugin(npm, name), lane: 1, module: `plugins/${npm}`, sources: [`plugins/${npm}`] };
}
