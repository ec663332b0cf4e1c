import { paths } from "../../node/layout";
import { Check, onAll, verdict } from "../check";

export const auditLogWritten: Check = {
  name: "audit log written on every controller",
  async run(context) {
    const answers = await onAll(
      context,
      `sudo stat --format %s:%a:%U ${paths.auditLog} && sudo tail -n 1 ${paths.auditLog}`,
    );
    const complaints = answers.flatMap(({ controller, stdout }) => {
      const [stat, last = ""] = stdout.trim().split("\n");
      const mode = stat?.split(":")[1];
      return [
        ...(isEvent(last) ? [] : [`${controller.name}: its last line is no audit event`]),
        ...(mode === "600" ? [] : [`${controller.name}: mode ${mode}, expected 600`]),
      ];
    });
    const sizes = answers.map(({ stdout }) => `${Math.ceil(Number(stdout.split(":")[0]) / 1024)} KiB`);
    return verdict(complaints, sizes.join(", "));
  },
};

function isEvent(line: string): boolean {
  try {
    return (JSON.parse(line) as { kind?: string }).kind === "Event";
  } catch {
    return false;
  }
}
