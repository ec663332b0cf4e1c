import { HEALTH_HOST, HEALTH_PATH } from "../../node/layout";
import { Check, onAll, verdict } from "../check";

export const healthProxy: Check = {
  name: "/healthz through nginx on every controller",
  async run(context) {
    const url = `http://127.0.0.1${HEALTH_PATH}`;
    const answers = await onAll(
      context,
      `curl --silent --max-time 5 --write-out ' %{http_code}' -H 'Host: ${HEALTH_HOST}' ${url} || true`,
    );
    const complaints = answers.flatMap(({ controller, stdout }) =>
      stdout === "ok 200" ? [] : [`${controller.name}: ${stdout.trim().slice(0, 80)}`],
    );
    return verdict(complaints, `ok, HTTP 200, on ${answers.length}`);
  },
};
