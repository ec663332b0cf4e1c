import { ALL_OK, made, pulumi, stackOutputs } from "./support";

test(
  "make up makes a control plane of three controllers, and every check passes",
  async () => {
    const printed = await made("up", {}, 45 * 60_000);
    expect(printed).toMatch(ALL_OK);
    const { controllers } = await stackOutputs();
    expect(controllers.map(({ name, internalIp }) => `${name} ${internalIp}`)).toEqual([
      "controller-0 10.240.0.10",
      "controller-1 10.240.0.11",
      "controller-2 10.240.0.12",
    ]);
  },
  46 * 60_000,
);

test("a second make up changes nothing", async () => {
  const printed = await made("up");
  expect(printed).toMatch(/Resources:\s+\d+ unchanged\n/);
});

test("preview and refresh find no difference", async () => {
  const preview = await pulumi("preview", "--expect-no-changes");
  expect(preview).toMatchObject({ code: 0 });
  const refresh = await pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  expect(refresh).toMatchObject({ code: 0 });
});
