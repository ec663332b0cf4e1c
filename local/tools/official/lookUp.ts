import { setMaxListeners } from "node:events";
import { lookUpImage } from "../images/fetch";
import { ToolPaths } from "../paths";
import { Target } from "../target";
import { read } from "./http";
import { officialRelease, OfficialRelease } from "./release";
import { Sum, sumIn } from "./sums";

/** How long the official places may take to answer, in milliseconds. They are asked at the same time. */
const WAIT_MS = 3000;

/** A target whose official release can be had. */
export interface Available {
  target: Target;
  release: OfficialRelease;
  sum: Sum;
}

/** What can be downloaded, and why the rest cannot. */
export interface Found {
  available: Available[];
  missing: Target[];
  reasons: string[];
}

/**
 * Asks the official places for the checksums of `targets`. When one of a group cannot be had, the whole group counts as
 * missing, so that no stack gets a mix of official and built parts of one release.
 */
export async function lookUp(
  targets: Target[],
  { arch }: Pick<ToolPaths, "arch">,
  signal?: AbortSignal,
  milliseconds = WAIT_MS,
): Promise<Found> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${milliseconds / 1000} s`)), milliseconds);
  const stop = AbortSignal.any([late.signal, ...(signal ? [signal] : [])]);
  setMaxListeners(0, stop); // one for each request; Node warns of more than ten
  try {
    const asked = await Promise.all(
      targets.map((target) => ask(target, officialRelease(target, arch), stop, milliseconds)),
    );
    signal?.throwIfAborted();
    return sorted(asked);
  } finally {
    clearTimeout(timer);
  }
}

type Asked = Omit<Available, "sum"> & { sum: Sum | Error };

async function ask(target: Target, release: OfficialRelease, stop: AbortSignal, milliseconds: number): Promise<Asked> {
  const { sums, file } = release;
  const asked = target.image
    ? lookUpImage(sums, stop, milliseconds)
    : read(sums, stop, milliseconds).then((text) => sumIn(text, file, sums));
  const sum = await asked.catch((error: Error) => error);
  return { target, release, sum };
}

function sorted(asked: Asked[]): Found {
  const reasons = new Map<string, string>();
  for (const { release, sum } of asked)
    if (sum instanceof Error && !reasons.has(release.group)) reasons.set(release.group, sum.message);
  const isMissing = ({ release }: Asked) => reasons.has(release.group);
  return {
    available: asked.filter((one): one is Available => !isMissing(one)),
    missing: asked.filter(isMissing).map(({ target }) => target),
    reasons: together(reasons),
  };
}

/** One sentence for all groups that miss their files for the same reason. Reasons begin with a URL. */
function together(reasons: Map<string, string>): string[] {
  const same = new Map<string, { groups: string[]; reason: string }>();
  for (const [group, reason] of reasons) {
    const key = reason.replace(/^\S+ /, "");
    same.set(key, { reason: same.get(key)?.reason ?? reason, groups: [...(same.get(key)?.groups ?? []), group] });
  }
  return [...same.values()].map(({ groups, reason }) => `${groups.join(", ")} (${reason})`);
}
