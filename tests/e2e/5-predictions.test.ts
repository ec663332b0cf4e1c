import { rmSync } from "fs";
import { BEHIND_KUBECONFIG, changes } from "./predictions/changes";
import { Engine, Run, types } from "./predictions/engine";
import { collect, Secret } from "./secrets/collect";
import { Search } from "./secrets/search";
import { allOk, made, make, until, useContext, writeSettings } from "./support";

/** A stack of one controller, beside the one of the other tests: what a change restarts takes a third of the time. */
const STACK = "predictions";
/** What the program warns about a machine that differs. Its steps would run again, and hide what the settings change. */
const DRIFT = "differs from what the last update wrote";

let file: string;
let engine: Engine;
beforeAll(async () => {
  file = writeSettings(STACK, { "hardway:controllers": "1" });
  expect(await made("up", { STACK })).toMatch(allOk(STACK));
  engine = new Engine(STACK);
}, 300_000);
const context = useContext(STACK);
let secrets: Secret[];
beforeAll(async () => void (secrets = await collect(context())));
afterAll(async () => {
  engine.remove();
  await make("down", { STACK });
  rmSync(file, { force: true });
}, 120_000);

/** Runs a preview and an update, compares them resource by resource, and returns what the update did. */
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
  expect({ code, text }).toMatchObject({ code: 0, text: expect.not.stringContaining(DRIFT) as string });
  return operations;
}

test.each(changes)(
  "after a change of $what, preview announces what up does, and only resources that must be replaced are",
  async ({ settings = {}, edit, updates, replaces = [], overstated, withNext }) => {
    engine.change(settings);
    if (edit) engine.edit(...edit);
    const done = withNext ? await succeeded(engine.preview()) : await announcedAndDone(overstated);
    expect(types(done, /^update$/)).toEqual([...updates].sort());
    expect(types(done, /replace/)).toEqual([...replaces].sort());
    expect(types(done, /^(create|delete)$/)).toEqual([]);
  },
  600_000,
);

test("preview and up refuse another name and another Pod range, and change nothing", async () => {
  engine.change({ name: "hardway-blue", podCidr: "10.204.0.0/16" });
  for (const { code, text, operations } of [await engine.preview(), await engine.up()]) {
    expect(operations).toEqual([]);
    expect(code).not.toBe(0);
    expect(text).toMatch(/hardway:name must stay hardway-predictions, .*got "hardway-blue"/);
    expect(text).toMatch(/hardway:podCidr must stay 10\.200\.0\.0\/16, .*got "10\.204\.0\.0\/16"/);
  }
});

test("after all changes are reverted at once, preview announces what up does, and every check passes", async () => {
  engine.restore();
  const done = await announcedAndDone(BEHIND_KUBECONFIG);
  expect(types(done, /replace/)).toEqual(["tls:CertRequest", "tls:LocallySignedCert", "tls:SelfSignedCert"]);
  // New leaders wait until the leases of the former ones expire.
  await until("every check passes", 60, async () => allOk(STACK).test((await make("verify", { STACK })).stdout));
  expect(await succeeded(engine.preview())).toEqual([]);
}, 600_000);

test("no preview and no update prints a secret", async () => {
  expect(secrets.length).toBeGreaterThan(0);
  expect(await new Search(secrets).files([engine.printed])).toEqual([]);
});
