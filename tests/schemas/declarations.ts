import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { ObjectType, Property, ref, Types } from "./schema";

type Declaration = ts.InterfaceDeclaration | ts.ClassDeclaration | ts.VariableDeclaration;

/**
 * Reads the TypeScript declarations that Pulumi generates from a provider's schema back into a schema, one class at a time.
 * They are so regular that their syntax is enough. The compiler's type checker would load all 13 MB of Google's types.
 */
export class Declarations {
  readonly types: Types = {};
  private readonly sources = new Map<string, ts.SourceFile>();

  /** The properties of a class or an interface in a file. None when the file does not declare it. */
  members(file: string, name: string): ObjectType {
    const found = this.find(this.open(file), [name]);
    return found ? this.object(found.source, found.node) : { properties: {}, required: [] };
  }

  private open(file: string): ts.SourceFile {
    const whole = [`${file}.d.ts`, `${file}/index.d.ts`].find(fs.existsSync)!;
    const options = { languageVersion: ts.ScriptTarget.ES2022, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
    const source = this.sources.get(whole) ?? ts.createSourceFile(whole, fs.readFileSync(whole, "utf8"), options);
    this.sources.set(whole, source);
    return source;
  }

  /** Follows a name such as inputs.compute.InstanceBootDisk through imports and namespaces to its declaration. */
  private find(
    source: ts.SourceFile,
    [head, ...rest]: string[],
    statements: readonly ts.Statement[] = source.statements,
  ): { source: ts.SourceFile; node: Declaration } | undefined {
    for (const statement of statements) {
      if (ts.isImportDeclaration(statement)) {
        const bindings = statement.importClause?.namedBindings;
        if (!bindings || !ts.isNamespaceImport(bindings) || bindings.name.text !== head) continue;
        const { text } = statement.moduleSpecifier as ts.StringLiteral;
        return this.find(this.open(path.resolve(path.dirname(source.fileName), text)), rest);
      }
      const node = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : statement;
      if (!node || (node as { name?: ts.Identifier }).name?.text !== head) continue;
      if (ts.isModuleDeclaration(node)) return this.find(source, rest, (node.body as ts.ModuleBlock).statements);
      if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) || ts.isVariableDeclaration(node))
        return { source, node };
    }
    return undefined;
  }

  private object(source: ts.SourceFile, node: Declaration): ObjectType {
    if (ts.isVariableDeclaration(node)) {
      // An enumeration: a constant object with its values, and a type of the same name.
      const values = (node.type as ts.TypeLiteralNode).members.filter(ts.isPropertySignature);
      return { enum: values.map(({ type }) => ({ value: literal(type as ts.LiteralTypeNode) })) };
    }
    const members = [...node.members]
      .filter((member) => ts.isPropertySignature(member) || ts.isPropertyDeclaration(member))
      .map(({ name, type, questionToken }) => {
        const always = !questionToken && !mayBeUndefined(type!);
        return { name: (name as ts.Identifier).text, always, property: this.property(source, type!) };
      });
    return {
      properties: Object.fromEntries(members.map(({ name, property }) => [name, property])),
      required: members.filter(({ always }) => always).map(({ name }) => name),
    };
  }

  private property(source: ts.SourceFile, node: ts.TypeNode): Property {
    if (ts.isUnionTypeNode(node)) {
      const oneOf = node.types.filter((type) => !mayBeUndefined(type)).map((type) => this.property(source, type));
      return oneOf.length === 1 ? oneOf[0]! : { oneOf };
    }
    if (ts.isArrayTypeNode(node)) return { type: "array", items: this.property(source, node.elementType) };
    if (ts.isLiteralTypeNode(node)) return { const: literal(node) };
    if (ts.isTypeLiteralNode(node)) {
      const index = node.members[0] as ts.IndexSignatureDeclaration;
      return { type: "object", additionalProperties: this.property(source, index.type) };
    }
    if (ts.isTypeReferenceNode(node)) return this.named(source, node);
    const known = keywords[node.kind];
    if (!known) throw new Error(`${source.fileName}: a ${ts.SyntaxKind[node.kind]} is not supported here`);
    return known;
  }

  private named(source: ts.SourceFile, { typeName, typeArguments }: ts.TypeReferenceNode): Property {
    const name = dotted(typeName);
    if (name[0] === "pulumi") {
      // Input and Output wrap a type. Assets, archives and resources are Pulumi's own types, which may be anything.
      return typeArguments?.[0] ? this.property(source, typeArguments[0]) : {};
    }
    const found = this.find(source, name);
    if (!found) throw new Error(`${source.fileName}: ${name.join(".")} is declared nowhere`);
    const id = name.join(".");
    if (!(id in this.types)) {
      // Added before it is read, because a type may contain itself.
      const type = (this.types[id] = {});
      Object.assign(type, this.object(found.source, found.node));
    }
    return ref(id);
  }
}

const keywords: Partial<Record<ts.SyntaxKind, Property>> = {
  [ts.SyntaxKind.StringKeyword]: { type: "string" },
  [ts.SyntaxKind.NumberKeyword]: { type: "number" },
  [ts.SyntaxKind.BooleanKeyword]: { type: "boolean" },
  [ts.SyntaxKind.AnyKeyword]: {},
};

const dotted = (name: ts.EntityName): string[] =>
  ts.isIdentifier(name) ? [name.text] : [...dotted(name.left), name.right.text];

function literal({ literal }: ts.LiteralTypeNode): unknown {
  return ts.isStringLiteral(literal) ? literal.text : JSON.parse((literal as ts.NumericLiteral).text);
}

/** Whether a type is Input<T | undefined>, Output<T | undefined> or undefined itself. */
function mayBeUndefined(node: ts.TypeNode): boolean {
  if (node.kind === ts.SyntaxKind.UndefinedKeyword) return true;
  if (ts.isUnionTypeNode(node)) return node.types.some(mayBeUndefined);
  return ts.isTypeReferenceNode(node) && (node.typeArguments?.some(mayBeUndefined) ?? false);
}
