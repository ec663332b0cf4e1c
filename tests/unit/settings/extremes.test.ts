import { parseSettings } from "../../../config";
import { SettingsError } from "../../../settings/problems";
import { schema } from "../../../settings/schema";
import { extremes } from "../../extremes";
import { rawSettings } from "../settings";

const context = { project: "hardway", stack: "dev", region: "europe-west1" };

/** The names of the settings that are refused. */
function refused(changes: Record<string, unknown>): string[] {
  try {
    parseSettings(rawSettings(changes), context);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems.map(({ key }) => key);
    throw error;
  }
}

test("every setting has its extremes", () => {
  expect(Object.keys(extremes).sort()).toEqual(Object.keys(schema.shape).sort());
});

const pairs = (of: "accepted" | "refused") =>
  Object.entries(extremes).flatMap(([key, one]) => one[of].map((value) => [key, value, one.with] as const));

test.each(pairs("accepted"))("%s may be %j", (key, value, others) => {
  expect(refused({ ...others, [key]: value })).toEqual([]);
});

test.each(pairs("refused"))("%s must not be %j", (key, value, others) => {
  expect(new Set(refused({ ...others, [key]: value }))).toEqual(new Set([key]));
});
