import { HEALTH_HOST, HEALTH_PATH, units } from "../../node/layout";
import { ask, judge } from "../ask";
import { Check, shellOn } from "../check";

export const healthProxy: Check = {
  name: "/healthz through nginx on every controller",
  async run(context) {
    const url = `http://127.0.0.1${HEALTH_PATH}`;
    const asked = await ask(
      context,
      `curl --silent --max-time 5 --write-out ' %{http_code}' -H 'Host: ${HEALTH_HOST}' ${url} || true`,
    );
    return judge(
      asked,
      ({ controller: { name }, stdout }) => {
        const [, body = "", status = ""] = /^(.*) (\d+)$/s.exec(stdout) ?? [];
        if (status === "200" && body === "ok") return [];
        const { what, unit } = problem(body.trim(), status);
        return [`${name}: ${what}: ${shellOn(context, name)}, then sudo journalctl -u ${unit}`];
      },
      (answers) => `ok, HTTP 200, on ${answers.length}`,
    );
  },
};

/** What an answer other than "ok" means, and the unit whose log says more. */
function problem(body: string, status: string): { what: string; unit: string } {
  // What curl prints when it got no answer.
  if (status === "000") return { what: "nginx does not answer", unit: units.healthProxy };
  const gateway = ["502", "504"].includes(status);
  if (gateway) return { what: `kube-apiserver does not answer nginx (HTTP ${status})`, unit: units.apiserver };
  // kube-apiserver lists what it looked at, with [-] before what is not ready.
  const failing = [...body.matchAll(/^\[-\](.*)$/gm)].map((match) => match[1]);
  const said = failing.join(", ") || body.replace(/\s+/g, " ").slice(0, 80) || "without text";
  return { what: `HTTP ${status}, ${said}`, unit: units.apiserver };
}
