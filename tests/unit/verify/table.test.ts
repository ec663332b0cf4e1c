import { verdict } from "../../../verify/check";
import { openPorts } from "../../../verify/checks/listeners";
import { render } from "../../../verify/verify";

test("ports count as open when an address other than loopback reaches them, and each has its program", () => {
  const ss = `LISTEN 0      128        127.0.0.1:2381       0.0.0.0:*
LISTEN 0      128      10.240.0.10:2379       0.0.0.0:* users:(("etcd",pid=229,fd=7))
LISTEN 0      511          0.0.0.0:80         0.0.0.0:* users:(("nginx",pid=520,fd=3),("nginx",pid=515,fd=3))
LISTEN 0      128             [::]:22            [::]:*
LISTEN 0      128            [::1]:631           [::]:*
LISTEN 0      4096   127.0.0.53%lo:53         0.0.0.0:*
LISTEN 0      4096               *:6443             *:* users:(("kube-apiserver",pid=514,fd=3))`;
  expect(Object.fromEntries(openPorts(ss))).toEqual({
    22: "an unknown program",
    80: "nginx, pid 520",
    2379: "etcd, pid 229",
    6443: "kube-apiserver, pid 514",
  });
});

test("a verdict shows the first complaints and counts the others", () => {
  expect(verdict([], "fine")).toEqual({ ok: true, seen: "fine" });
  expect(verdict(["a", "b", "c", "d", "e", "f"], "fine")).toEqual({ ok: false, seen: "a; b; c; d; and 2 more" });
});

test("the table has a line for each check, with what it saw", () => {
  const table = render([
    { name: "one", ok: true, seen: "3 of 3" },
    { name: "two", ok: false, seen: "nothing" },
  ]);
  expect(table).toMatch(/one +│ ok +│ 3 of 3/);
  expect(table).toMatch(/two +│ FAILED +│ nothing/);
});
