import * as fs from "node:fs";
import * as path from "node:path";
import { nearest } from "../../settings/nearest";
import { Declarations } from "./declarations";
import { ObjectType, Resource, Types } from "./schema";

const PACKAGES = path.join(__dirname, "../../node_modules/@pulumi");

/** The schema of `@pulumi/NAME`. The package does not contain it, but its classes are generated from it. */
export class NpmPackage {
  private readonly declarations = new Declarations();

  constructor(private readonly name: string) {}

  get types(): Types {
    return this.declarations.types;
  }

  /** Throws when the package has no such resource. */
  resource(token: string): Resource {
    const { file, member } = this.locate(token, "resource");
    const { properties: inputProperties, required: requiredInputs } = this.declarations.members(file, `${member}Args`);
    return { inputProperties, requiredInputs, ...this.declarations.members(file, member) };
  }

  /** Throws when the package has no such function. */
  fn(token: string): { inputs: ObjectType; outputs: ObjectType } {
    const { file, member } = this.locate(token, "function");
    const part = (suffix: string) => this.declarations.members(file, `${capital(member)}${suffix}`);
    return { inputs: part("Args"), outputs: part("Result") };
  }

  /** Names of the outputs that the constructor marks as secret. */
  secrets(token: string): string[] {
    const { code } = this.locate(token, "resource");
    return JSON.parse(/additionalSecretOutputs: (\[.*?\])/.exec(code)?.[1] ?? "[]") as string[];
  }

  /**
   * Finds the file of a token. "gcp:compute/network:Network" is the class Network in compute/network,
   * "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole" is ClusterRole in rbac/v1/clusterRole. The module "index" is the
   * package's root.
   */
  private locate(token: string, what: "resource" | "function"): { file: string; member: string; code: string } {
    const provider = token === `pulumi:providers:${this.name}`;
    const [, module = "", member = ""] = provider ? [this.name, "index", "Provider"] : token.split(":");
    const folder = path.join(
      PACKAGES,
      this.name,
      module
        .replace(new RegExp(`/${member}$`, "i"), "")
        .replace(/\.[^/]*/, "")
        .replace(/^index(\/|$)/, ""),
    );
    // Ignores case, because the file of APIService is apiservice.js.
    const base = siblings(folder).find((name) => name.toLowerCase() === member.toLowerCase());
    const file = path.join(folder, base ?? member);
    const code = base ? fs.readFileSync(`${file}.js`, "utf8") : "";
    const mark = what === "resource" ? `__pulumiType = '${provider ? this.name : token}'` : `runtime.invoke("${token}"`;
    if (code.includes(mark)) return { file, member, code };

    const near = nearest(member, siblings(folder).map(what === "resource" ? capital : String));
    throw new Error(`@pulumi/${this.name} has no ${what} ${token}${near ? `; did you mean ${near}?` : ""}`);
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const siblings = (folder: string) =>
  (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
    .filter((name) => name.endsWith(".d.ts"))
    .map((name) => name.slice(0, -".d.ts".length));
