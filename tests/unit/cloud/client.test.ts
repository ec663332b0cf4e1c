import { callApi, compute } from "../../../local/cloud/client";
import { API_URL } from "../../../local/cloud/addresses";
import { instanceBody, TestCloud, ZONE } from "./harness";

/** The client's address is that of a running local cloud. Here its requests go to the test's cloud. */
let cloud: TestCloud;
const realFetch = globalThis.fetch;
beforeEach(async () => {
  cloud = await TestCloud.start();
  await cloud.network();
  globalThis.fetch = (url, init) => realFetch((url as string).replace(API_URL, cloud.url), init);
});
afterEach(async () => {
  globalThis.fetch = realFetch;
  await cloud.end();
});

test("a change resolves once its operation is done", async () => {
  const operation = await compute("POST", `${ZONE}/instances`, instanceBody());
  expect(operation).toMatchObject({ status: "DONE", operationType: "insert" });
  expect(await compute("GET", `${ZONE}/instances/controller-0`)).toMatchObject({ status: "RUNNING" });
});

test("a refused request rejects with the API's message", async () => {
  const path = `${ZONE}/instances/none`;
  await expect(compute("GET", path)).rejects.toThrow(/GET .*instances\/none: HTTP 404: .*was not found/);
  expect((await callApi<{ error: { code: number } }>("GET", path)).body.error.code).toBe(404);
});

test("an operation that fails rejects with its error", async () => {
  cloud.fabric.before = (call) => {
    if (call.startsWith("boot")) throw new Error("no init");
  };
  await expect(compute("POST", `${ZONE}/instances`, instanceBody())).rejects.toThrow(/INTERNAL_ERROR.*no init/);
});
