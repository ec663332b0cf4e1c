/** Pieces of nftables text. */

/** `{ a, b }`: an anonymous set, or a map when the elements are pairs. */
export function braces(elements: readonly string[]): string {
  return `{ ${elements.join(", ")} }`;
}

/** A quoted interface name. */
export const quoted = (name: string) => `"${name}"`;

/** A named map or set; one without elements is written without them, since nft refuses an empty list. */
export function named(kind: "map" | "set", name: string, type: string, elements: readonly string[]): string[] {
  return block(`${kind} ${name}`, [`type ${type}`, ...(elements.length > 0 ? [`elements = ${braces(elements)}`] : [])]);
}

/** `head { lines }`, indented. */
export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => `  ${line}`), "}"];
}

/** A whole table of IPv4, which replaces the one of that name in one step: there is no moment without rules. */
export function table(name: string, blocks: readonly (readonly string[])[]): string {
  const lines = [`table ip ${name}`, `delete table ip ${name}`, ...block(`table ip ${name}`, blocks.flat())];
  return lines.join("\n") + "\n";
}
