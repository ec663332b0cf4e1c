import { disagreements } from "../schemas/parity";
import { pluginSchema } from "../schemas/plugin";

test.each(["command", "gcp", "tls"])(
  "the %s plugin built here has the tokens, properties, types and secrets of its npm package",
  async (name) => {
    expect(disagreements(name, await pluginSchema(name))).toEqual([]);
  },
);
