/** A line of text in an SVG drawing. Escapes markup in it. */
export function text(
  x: number,
  y: number,
  anchor: "start" | "middle" | "end",
  content: string,
  attributes = "",
): string {
  const escaped = content.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
  return `  <text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}"${attributes}>${escaped}</text>`;
}

/** An SVG drawing. Its white background makes it legible on light and dark pages. */
export function drawing(width: number, height: number, content: string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `font-family="sans-serif" font-size="13" fill="#1f2328">`,
    `  <rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...content,
    "</svg>\n",
  ].join("\n");
}
