import { residentUnits } from "../../node/layout";
import { ask, judge } from "../ask";
import { Check, shellOn } from "../check";

const expected = residentUnits;

export const unitsActive: Check = {
  name: "units active on every controller",
  async run(context) {
    // It prints a line for each unit, and its exit code tells the same again.
    const asked = await ask(context, `systemctl is-active ${expected.join(" ")} || true`);
    return judge(
      asked,
      ({ controller: { name }, stdout }) => {
        const states = stdout.trim().split("\n");
        return expected.flatMap((unit, i) =>
          states[i] === "active"
            ? []
            : [
                `${name}: ${unit} is ${states[i] ?? "unknown"}: ${shellOn(context, name)}, then sudo journalctl -u ${unit}`,
              ],
        );
      },
      (answers) => `${expected.length} of ${expected.length} on each of ${answers.length}`,
    );
  },
};
