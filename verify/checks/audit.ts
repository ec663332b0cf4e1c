import { randomBytes } from "crypto";
import { paths, ports, units } from "../../node/layout";
import { ask, asRoot, judge } from "../ask";
import { Check, shellOn } from "../check";

/** Lines from the end of the log among which the trace of a request must be that was made just before. */
const LAST_LINES = 1000;

export const auditLogWritten: Check = {
  name: "audit log written on every controller",
  async run(context) {
    // kube-apiserver records a request that it refuses, before it answers.
    const mark = `hardway-verify-${randomBytes(8).toString("hex")}`;
    const request = `curl --silent --max-time 5 --output /dev/null --cacert ${paths.ca} https://127.0.0.1:${ports.api}/${mark}`;
    const traces = `tail -n ${LAST_LINES} ${paths.auditLog} | grep -c /${mark}`;
    const asked = await ask(context, asRoot(`${request}; stat --format %s:%a ${paths.auditLog}; ${traces}; true`));
    return judge(
      asked,
      ({ controller: { name }, stdout }) => {
        const { size, mode, traced } = read(stdout);
        if (size === undefined) return [`${name} has no ${paths.auditLog}: ${wayOut(name)}`];
        return [
          ...(traced ? [] : [`${name}: a request left no trace in ${paths.auditLog}: ${wayOut(name)}`]),
          ...(mode === "600" ? [] : [`${name}: ${paths.auditLog} has mode ${mode}, expected 600`]),
        ];
      },
      (answers) => answers.map(({ stdout }) => `${Math.ceil(Number(read(stdout).size) / 1024)} KiB`).join(", "),
    );
    function wayOut(name: string) {
      return `${shellOn(context, name)}, then sudo journalctl -u ${units.apiserver}`;
    }
  },
};

/** From `SIZE:MODE` and, on the next line, how often the log has the mark. */
function read(stdout: string) {
  const [, size, mode, count] = /^(\d+):(\d+)\n(\d+)/.exec(stdout) ?? [];
  return { size, mode, traced: Number(count) > 0 };
}
