/** Parts of nftables rulesets, as text. */

/** `{ a, b }`: an anonymous set or, when the elements are pairs, a map. */
export function braces(elements: readonly string[]): string {
  return `{ ${elements.join(", ")} }`;
}

/** A quoted interface name. */
export const quoted = (name: string) => `"${name}"`;

/** A named map or set. Without elements, the list is left out, because nft refuses an empty one. */
export function named(kind: "map" | "set", name: string, type: string, elements: readonly string[]): string[] {
  return block(`${kind} ${name}`, [`type ${type}`, ...(elements.length > 0 ? [`elements = ${braces(elements)}`] : [])]);
}

/** `head { lines }`, with the lines indented. */
export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => `  ${line}`), "}"];
}

/** A whole table for IPv4. It replaces the present one atomically, so that there is no moment without rules. */
export function table(name: string, blocks: readonly (readonly string[])[]): string {
  const lines = [`table ip ${name}`, `delete table ip ${name}`, ...block(`table ip ${name}`, blocks.flat())];
  return lines.join("\n") + "\n";
}
