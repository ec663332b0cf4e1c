import { Check, Seen, verdict } from "../check";
import { tour, unmet } from "../tour";

export const version: Check = {
  name: "/version through the front door, CA checked",
  async run(context) {
    const { outputs } = context;
    const seen = await tour(context, () => context.api.succeed("/version"));
    const versions = [...seen.answers].flatMap(([name, [answer]]) =>
      answer === undefined ? [] : [{ name, ...(JSON.parse(answer.body) as { gitVersion: string; platform: string }) }],
    );
    const [first] = versions;
    if (first === undefined) return unanswered(seen.failures[0] ?? `no controller answers at ${outputs.endpoint}`);
    const expected = `v${outputs.kubernetesVersion}`;
    const others = versions
      .filter(({ gitVersion }) => gitVersion !== expected)
      .map(({ name, gitVersion }) => `${name} serves ${gitVersion}, expected ${expected}: make up installs it`);
    const { gitVersion, platform } = first;
    const result = verdict([...others, ...seen.failures], `${gitVersion} ${platform} at ${outputs.endpoint}`);
    return { ...result, partly: unmet(seen).length > 0 };
  },
};

/** The one check that explains a front door that does not answer: every other check of the API fails with it. */
const unanswered = (reason: string): Seen => ({
  ok: false,
  seen: `${reason}. Is your address in apiClientCidrs, and is kube-apiserver active on a controller?`,
});

export const reachesAll: Check = {
  name: "front door reaches every controller",
  async run(context) {
    const seen = await tour(context, () => context.api.request("/livez"));
    const { answers, connections, failures } = seen;
    const missed = unmet(seen).map(
      (name) =>
        `${name} got none of ${connections} connections: unless its /healthz fails, the target pool lacks it: ` +
        "make drift shows it, and pulumi up --refresh puts it back",
    );
    // The only reason, when nothing answered at all.
    const complaints = missed.length === answers.size && failures.length > 0 ? failures : [...missed, ...failures];
    return verdict(complaints, `connections: ${[...answers].map(([name, own]) => `${name} ${own.length}`).join(", ")}`);
  },
};
