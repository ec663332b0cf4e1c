import * as process from "../../../lib/process";
import { ensureAllTools, ensureAnyEngine, ensureEngine, ensureWorkerTools } from "../../../tasks/tools";

jest.mock("../../../lib/process", () => ({ attached: jest.fn(() => Promise.resolve(0)) }));
const attached = jest.mocked(process.attached);
const asked = () => attached.mock.calls.map(([, args]) => args.slice(args.indexOf("ensure")).join(" "));
beforeEach(() => attached.mockClear());

test("only a stack on Google Cloud insists on official tools; the plan of a new one does not", async () => {
  await ensureEngine({ local: false });
  await ensureEngine({ local: true });
  await ensureAnyEngine();
  const engine = "engine language-nodejs plugins";
  expect(asked()).toEqual([`ensure --official ${engine}`, `ensure ${engine}`, `ensure ${engine}`]);
});

test("what workers run is got for workers only, in the version of their control plane", async () => {
  const settings = {
    kubernetesVersion: "1.36.3",
    kubernetesMirror: "http://203.0.113.3/kubernetes",
    etcdVersion: "3.7.3",
    etcdMirror: "http://203.0.113.3/etcd",
  };
  await ensureAllTools(settings);
  await ensureWorkerTools(settings);
  await ensureWorkerTools();
  expect(asked()).toEqual([
    "ensure engine language-nodejs plugins kubernetes@1.36.3 etcd@3.7.3",
    "ensure workers@1.36.3",
    "ensure workers",
  ]);
});
