import { paths, ports, units } from "../../node/layout";
import { ask, judge } from "../ask";
import { Check, shellOn } from "../check";

const PATHS = ["/api", "/healthz", "/version", "/apis/rbac.authorization.k8s.io/v1/clusterroles"] as const;

export const anonymousRefused: Check = {
  name: "anonymous requests refused",
  async run(context) {
    // The load balancer chooses one controller, so that each is asked on its machine as well.
    const asked = await ask(context, inside(PATHS));
    const path = PATHS[0];
    const { status } = await context.api.request(path, { anonymous: true });
    const seen = judge(
      asked,
      ({ controller: { name }, stdout }) => {
        const codes = stdout.trim().split("\n");
        const answered = PATHS.flatMap((path, i) => (codes[i] === "401" ? [] : [`${path} with HTTP ${codes[i]}`]));
        if (answered.length === 0) return [];
        if (codes.every((code) => code === "000")) return [`${name}: kube-apiserver does not answer`];
        return [
          `${name} answers ${answered.join(", ")}: its ${units.apiserver} must have --anonymous-auth=false: ` +
            `${shellOn(context, name)}, then systemctl cat ${units.apiserver}`,
        ];
      },
      (answers) => `HTTP 401 on ${PATHS.length} of ${PATHS.length} paths, on each of ${answers.length}`,
    );
    const open = status !== 401 && seen.ok;
    return open ? { ...seen, ok: false, seen: `${path} through the front door is answered with HTTP ${status}` } : seen;
  },
};

/** Asks the machine's API server for each path without a certificate, and prints a status for each. */
function inside(requested: readonly string[]): string {
  const urls = requested.map((path) => `--output /dev/null https://127.0.0.1:${ports.api}${path}`).join(" ");
  return `sudo curl --silent --max-time 5 --cacert ${paths.ca} --write-out '%{http_code}\\n' ${urls} || true`;
}
