/** Filter, order and pages of lists, for every `list` and `aggregatedList` of the API. */
import { z } from "zod";
import { REGIONS, ZONES } from "../../../lib/regions";
import { invalid } from "./errors";
import { link, PREFIX } from "./links";
import { parsePath } from "../state/path";
import { check, integer } from "./schema";

type Item = Record<string, unknown> & { selfLink: string; name: string };

const Query = z.object({
  filter: z.string().optional(),
  maxResults: integer(0, 500).default(500),
  pageToken: z.string().optional(),
  orderBy: z.enum(["", "name", "creationTimestamp desc"]).optional(),
});

const TERM = /^\s*([\w.]+)\s*(=|!=|:|\beq\b|\bne\b)\s*(?:"([^"]*)"|(\S+))\s*$/;

function valueAt(item: Item, field: string): unknown {
  return field.split(".").reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], item);
}

function wildcard(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`);
}

/** One comparison. `=`, `!=` and `:` compare with text in which `*` matches anything, `eq` and `ne` with a regular expression. */
function term(text: string): (item: Item) => boolean {
  const match = TERM.exec(text);
  if (!match) throw invalid("filter", text, 'Must be comparisons such as name="x", joined by AND.');
  const [, field, operator, quoted, bare] = match as unknown as [string, string, string, string?, string?];
  const wanted = quoted ?? bare ?? "";
  let pattern: RegExp;
  try {
    pattern = operator === "eq" || operator === "ne" ? new RegExp(`^(?:${wanted})$`) : wildcard(wanted);
  } catch {
    throw invalid("filter", text, `'${wanted}' is not a regular expression.`);
  }
  const negative = operator === "!=" || operator === "ne";
  return (item) => {
    const value = valueAt(item, field);
    if (operator === ":" && wanted === "*") return value !== undefined;
    const values = Array.isArray(value) ? value : [value ?? ""];
    return values.some((one) => pattern.test(String(one))) !== negative;
  };
}

function filter(text: string | undefined): (item: Item) => boolean {
  if (!text?.trim()) return () => true;
  if (/\bOR\b|\bNOT\b/.test(text)) throw invalid("filter", text, "The local cloud joins comparisons by AND only.");
  const terms = text
    .split(/\bAND\b|(?<=\))\s*(?=\()/)
    .map((part) => part.trim().replace(/^\((.*)\)$/, "$1"))
    .map(term);
  return (item) => terms.every((matches) => matches(item));
}

interface Page {
  items: Item[];
  nextPageToken?: string;
}

/** The index of a page's first item, from its token: the index in base64. */
function startOf(token: string): number {
  const text = Buffer.from(token, "base64url").toString();
  if (!/^[1-9]\d{0,8}$/.test(text)) throw invalid("pageToken", token, "Must be the nextPageToken of an earlier page.");
  return Number(text);
}

function page(all: Item[], rawQuery: unknown): Page {
  const query = check(Query, rawQuery, "query");
  const newestFirst = query.orderBy === "creationTimestamp desc";
  const sorted = all.filter(filter(query.filter)).sort((a, b) => {
    const order = newestFirst
      ? String(b.creationTimestamp).localeCompare(String(a.creationTimestamp))
      : a.name.localeCompare(b.name);
    return order || a.selfLink.localeCompare(b.selfLink);
  });
  const start = query.pageToken === undefined ? 0 : startOf(query.pageToken);
  const end = start + (query.maxResults || 500);
  return {
    items: sorted.slice(start, end),
    nextPageToken: end < sorted.length ? Buffer.from(String(end)).toString("base64url") : undefined,
  };
}

/** The body of a list of `kind` (e.g. `compute#network`) in the collection at `path`. */
export function list(kind: string, path: string, items: Item[], query: unknown): object {
  const { items: some, nextPageToken } = page(items, query);
  return {
    kind: `${kind}List`,
    id: path,
    ...(some.length > 0 && { items: some }),
    ...(nextPageToken && { nextPageToken }),
    selfLink: link(path),
  };
}

const EMPTY_SCOPE = (scope: string) => ({
  warning: {
    code: "NO_RESULTS_ON_PAGE",
    message: `There are no results for scope '${scope}' on this page.`,
    data: [{ key: "scope", value: scope }],
  },
});

/** The body of an aggregated list: the items by zone or region. */
export function aggregate(
  kind: string,
  project: string,
  collection: string,
  scope: "regions" | "zones",
  items: Item[],
  query: unknown,
): object {
  const { items: some, nextPageToken } = page(items, query);
  const scopes: Record<string, object> = {};
  for (const location of scope === "zones" ? ZONES : REGIONS) {
    const here = some.filter((item) => parsePath(item.selfLink.slice(PREFIX.length))?.location === location);
    scopes[`${scope}/${location}`] = here.length > 0 ? { [collection]: here } : EMPTY_SCOPE(`${scope}/${location}`);
  }
  const path = `projects/${project}/aggregated/${collection}`;
  return {
    kind: `${kind}AggregatedList`,
    id: path,
    items: scopes,
    ...(nextPageToken && { nextPageToken }),
    selfLink: link(path),
  };
}
