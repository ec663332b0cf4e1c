import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { createServer } from "net";
import { expectRunning, reachable } from "../../components/reachable";

const place = { name: "test-controller-0", zone: "europe-west1-b", project: "p" };
const parent = undefined as unknown as pulumi.Resource;
const getInstance = jest.spyOn(gcp.compute, "getInstance");

const answer = (currentStatus: string) =>
  getInstance.mockResolvedValueOnce({ currentStatus } as Awaited<ReturnType<typeof gcp.compute.getInstance>>);

test.each(["TERMINATED", "STOPPING", "SUSPENDED"])(
  "a machine that is %s is an error that names it and the way out",
  async (status) => {
    answer(status);
    await expect(expectRunning(place, parent)).rejects.toThrow(
      `test-controller-0 in europe-west1-b does not run: its status is ${status}. Run pulumi up --refresh (or make up), which starts it`,
    );
  },
);

test("a machine that does not exist is an error that names it and the way out", async () => {
  getInstance.mockRejectedValueOnce(new Error("googleapi: Error 404: The resource was not found, notFound"));
  await expect(expectRunning(place, parent)).rejects.toThrow(
    "test-controller-0 in europe-west1-b is gone. Run pulumi up --refresh (or make up), which makes it again",
  );
});

test.each(["RUNNING", "STAGING", "PROVISIONING", "REPAIRING"])("a machine that is %s is waited for", async (status) => {
  answer(status);
  await expectRunning(place, parent);
});

test("an API that does not tell the status fails nothing", async () => {
  getInstance.mockRejectedValueOnce(new Error("googleapi: Error 503: Backend Error"));
  await expectRunning(place, parent);
});

test("a machine that accepts connections is reached, and its status is not asked for", async () => {
  getInstance.mockClear();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await reachable("127.0.0.1", place, parent, port);
  server.close();
  expect(getInstance).not.toHaveBeenCalled();
});

test("a stopped machine that refuses connections is an error at once", async () => {
  answer("TERMINATED");
  // A port on which nothing listens.
  await expect(reachable("127.0.0.1", place, parent, 1)).rejects.toThrow("its status is TERMINATED");
});
