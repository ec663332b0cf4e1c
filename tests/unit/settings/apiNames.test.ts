import { checkAddressOfRunning, checkEndpointName } from "../../../settings/apiNames";

const RUNNING = { publicIp: "34.1.2.3" };

test.each([
  ["no address", "", RUNNING],
  ["its address", "34.1.2.3", RUNNING],
  ["any address while it does not run", "34.9.9.9", {}],
])("a cluster may have %s", (_, apiAddress, running) => {
  expect(checkAddressOfRunning({ apiAddress }, running)).toEqual([]);
});

test("a running cluster keeps its address, which clients and tokens name", () => {
  expect(checkAddressOfRunning({ apiAddress: "34.9.9.9" }, RUNNING)).toMatchObject([
    { key: "apiAddress", value: "34.9.9.9", message: expect.stringMatching(/^must stay 34\.1\.2\.3, /) as string },
  ]);
});

test("the kubeconfig's name must be in the certificate", () => {
  expect(checkEndpointName({ endpointName: "a.example", apiServerNames: ["b.example"] })).toMatchObject([
    { key: "endpointName", value: "a.example", message: expect.stringContaining("apiServerNames") as string },
  ]);
});
