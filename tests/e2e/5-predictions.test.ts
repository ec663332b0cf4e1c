import { BEHIND_KUBECONFIG, changes } from "./predictions/changes";
import { Engine, Run, types } from "./predictions/engine";
import { collect, Secret } from "./secrets/collect";
import { Search } from "./secrets/search";
import { ALL_OK, make, pulumi, until, useContext } from "./support";

const engine = new Engine();
const context = useContext();
let secrets: Secret[];
beforeAll(async () => void (secrets = await collect(context())));
afterAll(() => engine.remove());

/** Previews, applies, and compares resource by resource; resolves with what was done. */
async function announcedAndDone(overstated: string[] = []): Promise<string[]> {
  const announced = await succeeded(engine.preview());
  const done = await succeeded(engine.up());
  const notDone = announced.filter((operation) => !done.includes(operation));
  expect(types(notDone, /^update$/)).toEqual(overstated);
  expect(types(notDone, /^(?!update$)/)).toEqual([]);
  expect(announced).toEqual(expect.arrayContaining(done));
  return done;
}

async function succeeded(run: Promise<Run>): Promise<string[]> {
  const { code, text, operations } = await run;
  expect({ code, text }).toMatchObject({ code: 0 });
  return operations;
}

test.each(changes)(
  "$what: preview announces what up does, and nothing is replaced that need not be",
  async ({ settings = {}, edit, updates, replaces = [], overstated }) => {
    engine.change(settings);
    if (edit) engine.edit(...edit);
    const done = await announcedAndDone(overstated);
    expect(types(done, /^update$/)).toEqual([...updates].sort());
    expect(types(done, /replace/)).toEqual([...replaces].sort());
    expect(types(done, /^(create|delete)$/)).toEqual([]);
  },
  240_000,
);

test("another name and fewer controllers: preview refuses what up refuses, and nothing is touched", async () => {
  engine.change({ name: "hardway-blue", controllers: 1 });
  for (const { code, text, operations } of [await engine.preview(), await engine.up()]) {
    expect(operations).toEqual([]);
    expect(code).not.toBe(0);
    expect(text).toMatch(/hardway:name must stay hardway-local, .*got "hardway-blue"/);
    expect(text).toMatch(/hardway:controllers must stay 3, .*got "1"/);
  }
});

test("all changes taken back at once: preview announces what up does, and all checks are well", async () => {
  engine.restore();
  const done = await announcedAndDone(BEHIND_KUBECONFIG);
  expect(types(done, /replace/)).toEqual(["tls:CertRequest", "tls:LocallySignedCert", "tls:SelfSignedCert"]);
  // Those that are to lead wait for the leases of those that led before.
  await until("all checks are well", 60, async () => ALL_OK.test((await make("verify")).stdout));
  expect(await pulumi("preview", "--expect-no-changes")).toMatchObject({ code: 0 });
}, 240_000);

test("neither a preview nor an update shows a secret", async () => {
  expect(secrets.length).toBeGreaterThan(0);
  expect(await new Search(secrets).files([engine.printed])).toEqual([]);
});
