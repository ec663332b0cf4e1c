import { Check, verdict } from "../check";
import { tour, unmet } from "../tour";

interface Version {
  gitVersion: string;
  platform: string;
}

export const version: Check = {
  name: "/version through the front door, CA checked",
  async run({ api, outputs }) {
    try {
      const { gitVersion, platform } = await api.json<Version>("/version");
      const expected = `v${outputs.kubernetesVersion}`;
      const wrong = gitVersion === expected ? [] : [`${gitVersion}, expected ${expected}: make up installs it`];
      return verdict(wrong, `${gitVersion} ${platform} at ${outputs.endpoint}`);
    } catch (error) {
      // The one check that explains a front door that does not answer: every other check of the API fails with it.
      const wayOut = "Is your address in apiClientCidrs, and is kube-apiserver active on a controller?";
      return { ok: false, seen: `${(error as Error).message}. ${wayOut}` };
    }
  },
};

export const reachesAll: Check = {
  name: "front door reaches every controller",
  async run(context) {
    const { api, outputs } = context;
    const seen = await tour(context, () => api.succeed("/version"));
    const missed = unmet(seen).map(
      (name) =>
        `${name} got none of ${seen.connections} connections: unless its /healthz fails, the target pool lacks it: ` +
        "make drift shows it, and pulumi up --refresh puts it back",
    );
    const different = [...seen.answers].flatMap(([name, [answer]]) => {
      const { gitVersion } = JSON.parse(answer?.body ?? "{}") as Partial<Version>;
      const right = gitVersion === undefined || gitVersion === `v${outputs.kubernetesVersion}`;
      return right ? [] : [`${name} serves ${gitVersion}, expected v${outputs.kubernetesVersion}: make up installs it`];
    });
    // When nothing answered at all, why is all there is to say.
    const nothing = missed.length === seen.answers.size && seen.failures.length > 0;
    const spread = [...seen.answers].map(([name, own]) => `${name} ${own.length}`).join(", ");
    return verdict([...(nothing ? [] : missed), ...different, ...seen.failures], `connections: ${spread}`);
  },
};
