import { readFileSync, writeFileSync } from "fs";
import { join } from "path";
import type { Settings } from "../../config";
import { projectDirectory } from "../../lib/directories";
import { environments } from "../environments";
import { TaskError } from "../error";
import { checkSettings } from "../preflight";
import { withMarked } from "../../lib/marked";
import { prices, PRICES_OF } from "./prices";

/** Puts what each environment costs into the README: `make cost`. */

const HOURS = 730;

/** A resource's line for one stack: what there is of it, and its USD a month. */
interface Item {
  what: string;
  usd: number;
}

type Priced = Pick<Settings, "region" | "controllers" | "machineType" | "diskType" | "diskSizeGb">;

/** What a stack with these settings costs a month, by resource. Throws a TaskError when a price is not known. */
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
    "machines' external addresses": item(String(controllers), controllers * HOURS * list.address),
    "forwarding rule": item("1", HOURS * list.forwardingRules),
    "its static address, target pool, health check": item("1 of each", 0),
    "network, subnetwork, firewall rules": item("1, 1, 4", 0),
  };
}

function known<T>(list: Record<string, T>, name: string, setting: string): T {
  const price = list[name];
  if (price === undefined)
    throw new TaskError(`${setting} ${name}: tasks/docs/prices.ts has no price of it; add it there`);
  return price;
}

const money = (usd: number) => usd.toFixed(2);

/** The table in Markdown: a row for each resource, two columns for each stack. */
export function table(stacks: Record<string, Priced>): string {
  const names = Object.keys(stacks);
  const costs = names.map((name) => cost(stacks[name]!));
  const row = (first: string, cells: string[]) => `| ${[first, ...cells].join(" | ")} |`;
  const total = (items: Record<string, Item>) => Object.values(items).reduce((sum, { usd }) => sum + usd, 0);
  return [
    row(
      `USD a month, ${PRICES_OF}`,
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
      "**together**",
      costs.flatMap((items) => ["", `**${money(total(items))}**`]),
    ),
    "",
  ].join("\n");
}

/** The README with the table of this repository's environments. */
export const withCost = (page: string) =>
  withMarked(page, "cost", table(Object.fromEntries(environments().map((name) => [name, checkSettings(name)!]))));

if (require.main === module) {
  const page = join(projectDirectory, "README.md");
  writeFileSync(page, withCost(readFileSync(page, "utf8")));
}
