import { units } from "../../node/layout";
import { Check, onAll, verdict } from "../check";

const expected = Object.values(units);

export const unitsActive: Check = {
  name: "units active on every controller",
  async run(context) {
    const answers = await onAll(context, `systemctl is-active ${expected.join(" ")} || true`);
    const complaints = answers.flatMap(({ controller, stdout }) => {
      const states = stdout.trim().split("\n");
      return expected.flatMap((unit, i) =>
        states[i] === "active" ? [] : [`${controller.name}: ${unit} is ${states[i]}`],
      );
    });
    return verdict(complaints, `${expected.length} of ${expected.length} on each of ${answers.length}`);
  },
};
