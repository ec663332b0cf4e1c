type Scalar = string | number | boolean | readonly string[];
export interface Toml {
  [key: string]: Scalar | Toml;
}

const isTable = (value: Scalar | Toml): value is Toml => typeof value === "object" && !Array.isArray(value);

/** TOML's basic strings have the escapes of JSON's. */
const quoted = (key: string) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key));

/** The object in TOML. A table's own values come first, because they would belong to the table before them otherwise. */
export function renderToml(table: Toml, path: string[] = []): string {
  const entries = Object.entries(table);
  const values = entries.flatMap(([key, value]) =>
    isTable(value) ? [] : [`${quoted(key)} = ${JSON.stringify(value)}\n`],
  );
  const tables = entries.flatMap(([key, value]) => (isTable(value) ? [renderToml(value, [...path, key])] : []));
  const header =
    path.length > 0 && (values.length > 0 || tables.length === 0) ? [`[${path.map(quoted).join(".")}]\n`] : [];
  const own = [...header, ...values].join("");
  return [...(own === "" ? [] : [own]), ...tables].join("\n");
}
