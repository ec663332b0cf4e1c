import { readFileSync, writeFileSync } from "fs";
import { join } from "path";
import type { Settings } from "../../config";
import { projectDirectory } from "../../lib/directories";
import { withMarked } from "../../lib/marked";
import { TaskError } from "../error";
import { checkSettings, environments, openStack } from "../stack";
import { prices, Source, SOURCES } from "./prices";

/** Writes what each environment costs into docs/google-cloud.md: `make cost`. */

const HOURS = 730;

/** What a stack pays for one kind of resource. */
interface Item {
  what: string;
  /** For a month. */
  usd: number;
}

type Priced = Pick<Settings, "region" | "controllers" | "machineType" | "diskType" | "diskSizeGb">;

/** Kinds of resources in the table. */
export const IN_TABLE = ["Instance", "Address", "ForwardingRule"];
/** Kinds of resources without a price in the sources. */
export const NOT_IN_TABLE: Record<string, string> = {
  Network: "the network",
  Subnetwork: "its subnetwork",
  Firewall: "its firewall rules",
  TargetPool: "the target pool",
  HttpHealthCheck: "its health check",
};

/** What a stack with these settings costs a month, by kind of resource. Throws a TaskError when a price is missing. */
export function cost(settings: Priced): Record<string, Item> {
  const { region, controllers, machineType, diskType, diskSizeGb } = settings;
  const list = known(prices, region, "gcp:region");
  const item = (what: string, usd: number) => ({ what, usd });
  return {
    machines: item(
      `${controllers} × ${machineType}`,
      controllers * HOURS * known<number>(list.machine, machineType, "hardway:machineType"),
    ),
    "boot disks": item(
      `${controllers} × ${diskSizeGb} GiB ${diskType}`,
      controllers * diskSizeGb * known<number>(list.disk, diskType, "hardway:diskType"),
    ),
    "external addresses of machines": item(String(controllers), controllers * HOURS * list.address),
    "forwarding rule": item("1", HOURS * list.forwardingRules),
  };
}

function known<T>(list: Record<string, T>, name: string, setting: string): T {
  const price = list[name];
  if (price === undefined)
    throw new TaskError(`${setting} ${name} has no price; add it to tasks/docs/prices.ts, with its source`);
  return price;
}

const money = (usd: number) => usd.toFixed(2);

/** A table in Markdown: one row for each kind of resource, two columns for each stack. */
export function table(stacks: Record<string, Priced>): string {
  const names = Object.keys(stacks);
  const costs = names.map((name) => cost(stacks[name]!));
  const row = (first: string, cells: string[]) => `| ${[first, ...cells].join(" | ")} |`;
  const total = (items: Record<string, Item>) => Object.values(items).reduce((sum, { usd }) => sum + usd, 0);
  return [
    row(
      "USD a month",
      names.flatMap((name) => [`\`${name}\``, ""]),
    ),
    row(
      "---",
      names.flatMap(() => ["---", "---:"]),
    ),
    ...Object.keys(costs[0] ?? {}).map((resource) =>
      row(
        resource,
        costs.flatMap((items) => [items[resource]!.what, money(items[resource]!.usd)]),
      ),
    ),
    row(
      "**total**",
      costs.flatMap((items) => ["", `**${money(total(items))}**`]),
    ),
    "",
  ].join("\n");
}

const link = ({ title, url, date }: Source) => `[${title}](${url}) of ${date}`;

/** What the numbers are, in Markdown. */
const note = `
A month has ${HOURS} hours. The prices are Google's list prices in ${Object.keys(prices).join(", ")}: ${link(SOURCES.catalog)} for machines, disks and addresses,
${link(SOURCES.loadBalancing)} for the forwarding rule. That source has the price of global
forwarding rules only, and this program makes a regional one. The price covers a project's first five rules. The sources have no price for
${Object.values(NOT_IN_TABLE).join(", ")} and the front door's address, so they are not in the table.
`;

/** The page with the table of the environments in this checkout. */
export const withCost = (page: string) =>
  withMarked(
    page,
    "cost",
    table(Object.fromEntries(environments().map((name) => [name, checkSettings(openStack(name))!]))) + note,
  );

if (require.main === module) {
  const page = join(projectDirectory, "docs", "google-cloud.md");
  writeFileSync(page, withCost(readFileSync(page, "utf8")));
}
