import * as fs from "node:fs";
import * as path from "node:path";
import { acquireLock } from "../../lib/lock";
import { buildAll } from "./buildAll";
import { Mode, toolMode, usesEngineOnPath } from "./mode";
import { copyInstalled, engineOnPath, installedEngine, isEngine, isPulumi } from "./onPath";
import { downloadAll } from "./official/download";
import { Available, Found, lookUp } from "./official/lookUp";
import { toolPaths, ToolPaths } from "./paths";
import { buildProblems, downloadProblems } from "./preflight";
import { duration, estimate, Log, roughly, title } from "./progress";
import { SCRATCH } from "./publish";
import { origins, stale } from "./ready";
import { selectTargets } from "./select";
import { Target } from "./target";
import { allTargets } from "./targets";

/** Options of {@link ensureTools}. */
export interface EnsureOptions {
  /** Targets or groups, as {@link selectTargets} takes them. None means everything that a control plane needs. */
  names?: string[];
  /** Take official releases alone, unless HARDWAY_TOOLS=build. */
  official?: boolean;
  log?: Log;
  /** Stops the downloads and builds. What was finished stays. */
  signal?: AbortSignal;
}

/**
 * Downloads or builds what is missing or out of date, as HARDWAY_TOOLS says. Rejects with a message that can be shown to people
 * as it is.
 */
export async function ensureTools({ names, official, log = console.error, signal }: EnsureOptions = {}): Promise<void> {
  const start = Date.now();
  const paths = toolPaths();
  const mode = modeFor(official);
  const targets = wanted(names, paths);
  const ready = () => `tools: ${targets.length} of ${targets.length} ready in ${paths.cache}`;
  if (usesEngineOnPath(process.env, paths.engineBin))
    log(`tools: pulumi ${await engineOnPath()} on PATH, with its own plugins`);
  if (targets.length === 0) return;
  const left = stale(targets, mode, paths);
  if (left.length === 0) return log(`${ready()} (${origins(targets, paths)})`);

  const found = await sources(left, mode, paths, signal);
  if (mode === "official" && found.missing.length > 0) throw new Error(unreachable(found));
  if (found.reasons.length > 0) log(`tools: ${instead(found)}`);
  const problems = await problemsOf(found, paths);
  if (problems.length > 0) throw new Error(problems.join("\ntools: "));

  const release = await acquireLock(
    path.join(paths.cache, "lock"),
    (holder) => log(`tools: waiting for process ${holder}, which is downloading or building too`),
    signal,
  );
  try {
    // Another process may have made some of them while this one waited.
    const still = new Set(stale(left, mode, paths));
    for (const target of found.installed.filter((one) => still.has(one))) {
      copyInstalled(target, found.directory, paths);
      log(`tools: ${title(target)} taken from ${found.directory}, which is on PATH`);
    }
    await download(
      found.available.filter(({ target }) => still.has(target)),
      paths,
      log,
      signal,
    );
    await buildAll(
      found.missing.filter((target) => still.has(target)),
      paths,
      log,
      signal,
    );
  } finally {
    // The compilers of an interrupted build may go on writing for a moment.
    fs.rmSync(path.join(paths.cache, SCRATCH), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    release();
  }
  log(`${ready()} after ${duration((Date.now() - start) / 1000)} (${origins(targets, paths)})`);
}

/**
 * Every reason why `names` (as in {@link EnsureOptions}) can be neither downloaded nor built on this machine. Changes nothing, and
 * asks the official places only on a machine that cannot build.
 */
export async function toolProblems(names: string[] = []): Promise<string[]> {
  try {
    const paths = toolPaths();
    const mode = modeFor();
    const left = stale(wanted(names, paths), mode, paths);
    const problems = mode === "official" ? [] : await buildProblems(left, paths);
    if (problems.length === 0 && mode !== "official") return [];
    const found = await sources(left, mode, paths);
    if (mode === "official" && found.missing.length > 0) return [unreachable(found)];
    const rest = await problemsOf(found, paths);
    return rest.length > 0 && found.reasons.length > 0 ? [...rest, instead(found)] : rest;
  } catch (error) {
    return (error as Error).message.split("\n");
  }
}

/** HARDWAY_TOOLS; `official` decides where that leaves the choice. */
function modeFor(official = false): Mode {
  const mode = toolMode();
  return mode === "auto" && official ? "official" : mode;
}

/** The targets that the cache must have. An engine on PATH fetches its plugins itself. */
function wanted(names: string[] = [], paths: ToolPaths): Target[] {
  const onPath = usesEngineOnPath(process.env, paths.engineBin);
  return selectTargets(allTargets(paths), names).filter((target) => !onPath || !isPulumi(target));
}

/** Where the targets can come from. */
interface Sources extends Found {
  /** Parts of the command line that is installed in `directory`. */
  installed: Target[];
  directory: string;
}

async function sources(left: Target[], mode: Mode, paths: ToolPaths, signal?: AbortSignal): Promise<Sources> {
  if (mode === "build") return { installed: [], directory: "", available: [], missing: left, reasons: [] };
  const directory = left.some(isEngine) ? ((await installedEngine(paths)) ?? "") : "";
  const isInstalled = (target: Target) => directory !== "" && isEngine(target);
  const others = left.filter((target) => !isInstalled(target));
  return { installed: left.filter(isInstalled), directory, ...(await lookUp(others, paths, signal)) };
}

async function problemsOf({ available, missing }: Found, paths: ToolPaths): Promise<string[]> {
  const all = [...downloadProblems(available.length, paths), ...(await buildProblems(missing, paths))];
  return [...new Set(all)];
}

const instead = ({ reasons, missing }: Found) =>
  `the official releases cannot be had: ${reasons.join("; ")}. They are built from source instead, ` +
  `in about ${roughly(estimate(missing))}`;

const unreachable = ({ reasons }: Found) =>
  `the official releases cannot be had: ${reasons.join("; ")}. Nothing was changed. Run this where they can be reached, set ` +
  `HARDWAY_TOOLS_MIRROR to a mirror of them, or accept tools that are built from source: HARDWAY_TOOLS=build`;

async function download(available: Available[], paths: ToolPaths, log: Log, signal?: AbortSignal): Promise<void> {
  if (available.length === 0) return;
  const groups = [...new Set(available.map(({ release }) => release.group))].join(", ");
  log(`tools: downloading the official ${groups}`);
  const start = Date.now();
  await downloadAll(available, paths, signal);
  log(`tools: official ${groups} downloaded in ${duration((Date.now() - start) / 1000)}, checksums verified`);
}
