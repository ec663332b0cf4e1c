import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import * as ts from "typescript";
import { toolEnv } from ".";
import { CHECKOUT, pluginVersion } from "./pinned";

/** The part of a Pulumi package schema that is compared. */
interface Resource {
  inputProperties?: Record<string, unknown>;
  requiredInputs?: string[];
  properties?: Record<string, { secret?: boolean }>;
}
interface Fn {
  inputs?: { properties?: Record<string, unknown>; required?: string[] };
}
interface Schema {
  resources: Record<string, Resource>;
  functions: Record<string, Fn>;
}

/** The schema that the built plugin of `@pulumi/NAME` gives about itself. */
export async function pluginSchema(name: string): Promise<Schema> {
  const plugin = `${name}@${pluginVersion(name)}`;
  const env = { ...process.env, ...toolEnv() };
  const { stdout } = await promisify(execFile)("pulumi", ["package", "get-schema", plugin], {
    env,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout) as Schema;
}

/**
 * Where a plugin's schema and the classes of its npm package disagree, one line each. An optional property that only the
 * npm package has is no disagreement: that of Google comes from the beta provider, which has a few more.
 */
export function disagreements(name: string, schema: Schema): string[] {
  const functions = Object.entries(schema.functions).filter(([token]) => isOrdinary(token));
  const tokens = [...Object.keys(schema.resources), ...functions.map(([token]) => token)];
  const npm = declarations(path.join(CHECKOUT, "node_modules/@pulumi", name), tokens);
  return [
    ...Object.entries(schema.resources).flatMap(([token, resource]) => compareResource(npm, token, resource)),
    ...functions.flatMap(([token, fn]) => compareFunction(npm, token, fn)),
  ];
}

/** The npm package, compiled as far as the tokens need it. */
interface Declarations {
  root: string;
  program: ts.Program;
}

function declarations(root: string, tokens: string[]): Declarations {
  const files = tokens.map((token) => path.join(root, `${location(token).file}.d.ts`));
  return { root, program: ts.createProgram(files, { strict: true, skipLibCheck: true, types: [] }) };
}

function compareResource({ root, program }: Declarations, token: string, resource: Resource): string[] {
  const { file, member } = location(token);
  const source = program.getSourceFile(path.join(root, `${file}.d.ts`));
  const code = source ? fs.readFileSync(path.join(root, `${file}.js`), "utf8") : "";
  if (!source || !code.includes(`__pulumiType = '${token}'`)) return [`${token}: the npm package has no such resource`];
  const args = members(program, source, `${member}Args`);
  const outputs = members(program, source, member);
  return [
    ...compare(`${token} inputs`, args, Object.keys(resource.inputProperties ?? {}), resource.requiredInputs ?? []),
    ...compare(`${token} outputs`, outputs, Object.keys(resource.properties ?? {})),
    ...compareSecrets(token, code, resource),
  ];
}

function compareFunction({ root, program }: Declarations, token: string, fn: Fn): string[] {
  const { file, member } = location(token);
  const source = program.getSourceFile(path.join(root, `${file}.d.ts`));
  if (!source) return [`${token}: the npm package has no such function`];
  const args = members(program, source, `${member[0]!.toUpperCase()}${member.slice(1)}Args`);
  return compare(`${token} inputs`, args, Object.keys(fn.inputs?.properties ?? {}), fn.inputs?.required ?? []);
}

/** Methods of the provider itself have no file of their own. */
function isOrdinary(token: string): boolean {
  return !token.startsWith("pulumi:");
}

/** "gcp:compute/network:Network" is class Network of compute/network; the module "index" is the package's root. */
function location(token: string): { file: string; member: string } {
  const [, file = "", member = ""] = token.split(":");
  return { file: file.replace(/^index\//, ""), member };
}

/** Property names of an interface or class, and whether each is required of the one who makes it. */
function members(program: ts.Program, source: ts.SourceFile, name: string): Map<string, boolean> {
  const checker = program.getTypeChecker();
  const exports = checker.getExportsOfModule(checker.getSymbolAtLocation(source)!);
  const symbol = exports.find((candidate) => candidate.name === name);
  if (!symbol) return new Map();
  const declared = [...(symbol.members ?? new Map<ts.__String, ts.Symbol>()).values()];
  return new Map(
    declared
      .filter((member) => member.flags & ts.SymbolFlags.Property)
      .map((member) => [member.name, !(member.flags & ts.SymbolFlags.Optional)]),
  );
}

function compare(what: string, npm: Map<string, boolean>, ours: string[], required?: string[]): string[] {
  const extra = ours.filter((name) => !npm.has(name)).map((name) => `${what}: the npm package has no ${name}`);
  if (!required) return extra;
  const wrong = [...npm]
    .filter(([name, needed]) => needed !== required.includes(name))
    .map(([name, needed]) => `${what}: ${name} is ${needed ? "required" : "optional"} in the npm package`);
  return [...extra, ...wrong];
}

/** The npm classes name their secret outputs in the constructor's code. */
function compareSecrets(token: string, code: string, resource: Resource): string[] {
  const npm = JSON.parse(/additionalSecretOutputs: (\[.*?\])/.exec(code)?.[1] ?? "[]") as string[];
  const ours = Object.entries(resource.properties ?? {}).flatMap(([name, { secret }]) => (secret ? [name] : []));
  const different = [...npm.filter((name) => !ours.includes(name)), ...ours.filter((name) => !npm.includes(name))];
  return different.map(
    (name) => `${token}: ${name} is secret ${npm.includes(name) ? "in the npm package" : "here"} only`,
  );
}
