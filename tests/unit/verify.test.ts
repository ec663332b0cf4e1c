import { verdict } from "../../verify/check";
import { openPorts } from "../../verify/checks/listeners";
import { render } from "../../verify/verify";

test("open ports are those that not only this machine reaches", () => {
  const ss = `LISTEN 0      128        127.0.0.1:2381       0.0.0.0:*
LISTEN 0      128      10.240.0.10:2379       0.0.0.0:*
LISTEN 0      128          0.0.0.0:22         0.0.0.0:*
LISTEN 0      128             [::]:22            [::]:*
LISTEN 0      128            [::1]:631           [::]:*
LISTEN 0      4096   127.0.0.53%lo:53         0.0.0.0:*
LISTEN 0      4096               *:6443             *:*`;
  expect([...openPorts(ss)].sort((a, b) => a - b)).toEqual([22, 2379, 6443]);
});

test("a verdict shows the first complaints and counts the others", () => {
  expect(verdict([], "fine")).toEqual({ ok: true, seen: "fine" });
  expect(verdict(["a", "b", "c", "d", "e", "f"], "fine")).toEqual({ ok: false, seen: "a; b; c; d; and 2 more" });
});

test("the table has a line a check, with what was seen", () => {
  const table = render([
    { name: "one", ok: true, seen: "3 of 3" },
    { name: "two", ok: false, seen: "nothing" },
  ]);
  expect(table).toMatch(/one +│ ok +│ 3 of 3/);
  expect(table).toMatch(/two +│ FAILED +│ nothing/);
});
