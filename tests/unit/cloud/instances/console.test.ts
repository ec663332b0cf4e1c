import { instanceBody, TestCloud, ZONE } from "../harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
  await cloud.network();
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  jest.spyOn(cloud.fabric, "console").mockResolvedValue(Buffer.from("0123456789"));
});
afterEach(() => cloud.end());

const serialPort = async (query: string) => (await cloud.get(`${ZONE}/instances/controller-0/serialPort${query}`)).body;

test.each([
  ["", "0123456789", "0"],
  ["?start=4", "456789", "4"],
  ["?port=1&start=10", "", "10"],
])("serialPort%s returns the console output from its start on", async (query, contents, start) => {
  expect(await serialPort(query)).toMatchObject({ kind: "compute#serialPortOutput", contents, start, next: "10" });
});

test("the other ports have no output", async () => {
  expect(await serialPort("?port=2")).toMatchObject({ contents: "", start: "0", next: "0" });
  expect((await serialPort("?port=5")).error.code).toBe(400);
});
