import { Check, verdict } from "../check";

export const version: Check = {
  name: "/version through the front door, CA checked",
  async run({ api, outputs }) {
    const { gitVersion, platform } = await api.json<{ gitVersion: string; platform: string }>("/version");
    const expected = `v${outputs.kubernetesVersion}`;
    return verdict(
      gitVersion === expected ? [] : [`${gitVersion}, expected ${expected}`],
      `${gitVersion} ${platform} at ${outputs.endpoint}`,
    );
  },
};

/** With a fair spread over 5 controllers, 100 connections miss one of them once in 10^9 tries. */
const CONNECTIONS = 100;
const AT_ONCE = 10;

export const reachesAll: Check = {
  name: "front door reaches every controller",
  async run({ api, outputs }) {
    const expected = outputs.controllers.map((c) => c.name);
    const counts = new Map(expected.map((name) => [name, 0]));
    for (let i = 0; i < CONNECTIONS && [...counts.values()].includes(0); i += AT_ONCE) {
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => api.request("/livez")));
      for (const { serverNames } of answers) {
        // Each controller's serving certificate names its own machine.
        const name = expected.find((candidate) => serverNames.includes(candidate));
        if (name !== undefined) counts.set(name, counts.get(name)! + 1);
      }
    }
    const spread = expected.map((name) => `${name} ${counts.get(name)}`).join(", ");
    const missed = expected.filter((name) => counts.get(name) === 0);
    return verdict(
      missed.length === 0 ? [] : [`${missed.join(", ")} got none of ${CONNECTIONS} connections`],
      `connections: ${spread}`,
    );
  },
};

export const anonymousRefused: Check = {
  name: "anonymous requests refused",
  async run({ api }) {
    const paths = ["/api", "/healthz", "/version", "/apis/rbac.authorization.k8s.io/v1/clusterroles"];
    const answers = await Promise.all(paths.map((path) => api.request(path, { anonymous: true })));
    const complaints = answers.flatMap(({ status }, i) => (status === 401 ? [] : [`${paths[i]}: HTTP ${status}`]));
    return verdict(complaints, `HTTP 401 on ${paths.length} of ${paths.length} paths`);
  },
};
