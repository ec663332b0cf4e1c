import * as process from "../../../lib/process";
import { ensureAnyEngine, ensureEngine } from "../../../tasks/tools";

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
