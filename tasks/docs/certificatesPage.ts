import { readFileSync, writeFileSync } from "fs";
import { join } from "path";
import { projectDirectory } from "../../lib/directories";
import { withMarked } from "../../lib/marked";
import { adminLeaf, authorities, AuthorityName, Leaf, machineLeaves } from "../../node/certificates";

/** Writes the table of certificates into docs/certificates.md: `npx tsx tasks/docs/certificatesPage.ts`. */

const code = (text: string) => `\`${text}\``;
const row = (...cells: string[]) => `| ${cells.join(" | ")} |\n`;

function leafRow(leaf: Leaf): string {
  const name = typeof leaf.commonName === "string" ? code(leaf.commonName) : "the machine's name";
  const group = leaf.organization === undefined ? "" : `, group ${code(leaf.organization)}`;
  const usages = leaf.usages.map((usage) => usage.replace("_auth", "")).join(", ");
  return row(
    code(leaf.role),
    `${name}${group}`,
    usages,
    place(leaf),
    leaf.file ? leaf.owner : "the person who reads it",
  );
}

function place({ file }: Leaf): string {
  if (file === undefined) return "in the output `kubeconfig`, on no machine";
  return code(file.certificate);
}

function authorityRow(name: AuthorityName): string {
  const { commonName, files } = authorities[name];
  return row(`**${commonName}**`, code(commonName), "signs", files.map(code).join(", "), "root");
}

/** A row for each authority, followed by the leaves that it signs. */
export function certificatesTable(): string {
  const leaves = [...machineLeaves, adminLeaf];
  const rows = (Object.keys(authorities) as AuthorityName[]).flatMap((name) => [
    authorityRow(name),
    ...leaves.filter(({ signer }) => signer === name).map(leafRow),
  ]);
  return `| certificate | common name | usages | file | owner |\n|---|---|---|---|---|\n${rows.join("")}`;
}

export const withCertificates = (page: string) => withMarked(page, "certificates", certificatesTable());

if (require.main === module) {
  const page = join(projectDirectory, "docs", "certificates.md");
  writeFileSync(page, withCertificates(readFileSync(page, "utf8")));
}
