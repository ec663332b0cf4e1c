import { disagreements, pluginSchema } from "../../local/tools/parity";

test.each(["gcp", "tls"])(
  "the %s plugin built here has the tokens, properties and secrets of its npm package",
  async (name) => {
    expect(disagreements(name, await pluginSchema(name))).toEqual([]);
  },
);
