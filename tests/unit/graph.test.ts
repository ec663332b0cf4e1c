import { readFileSync } from "fs";
import { join } from "path";
import { draw } from "../../tasks/docs/graph/draw";
import { group } from "../../tasks/docs/graph/groups";
import { capture } from "../../lib/process";

const root = join(__dirname, "../..");
const member = (n: number) => [
  { name: `etcd-controller-${n}`, type: "hardway:index:EtcdMember", uses: ["ca-key"] },
  { name: `m-${n}-key`, type: "tls:index/privateKey:PrivateKey", parent: `etcd-controller-${n}`, uses: [] },
  {
    name: `m-${n}-step`,
    type: "command:remote:Command",
    parent: `etcd-controller-${n}`,
    uses: [`m-${n}-key`, "ca-key"],
  },
];
const resources = [
  { name: "ca", type: "hardway:index:Authority", uses: [] },
  { name: "ca-key", type: "tls:index/privateKey:PrivateKey", parent: "ca", uses: [] },
  ...member(0),
  ...member(1),
  { name: "admin-key", type: "tls:index/privateKey:PrivateKey", uses: [] },
  { name: "admin-request", type: "tls:index/certRequest:CertRequest", uses: ["admin-key", "m-1-step", "ca-key"] },
];

test("docs/graph.svg is what `make graph` draws from the program", async () => {
  const { stdout } = await capture(process.execPath, ["--import", "tsx", "tasks/docs/graph/cli.ts", "-"], {
    cwd: root,
  });
  expect(stdout).toBe(readFileSync(join(root, "docs/graph.svg"), "utf8"));
}, 60_000);

test("replicas form one group, and so do the key and the request of one identity", () => {
  expect(group(resources).groups).toEqual([
    { name: "ca", component: "Authority", replicas: 1, holds: [{ type: "tls.PrivateKey", count: 1 }] },
    {
      name: "etcd",
      component: "EtcdMember",
      replicas: 2,
      holds: [
        { type: "tls.PrivateKey", count: 1 },
        { type: "command.Command", count: 1 },
      ],
    },
    {
      name: "admin",
      component: undefined,
      replicas: 1,
      holds: [
        { type: "tls.PrivateKey", count: 1 },
        { type: "tls.CertRequest", count: 1 },
      ],
    },
  ]);
});

test("an edge leads to the group that uses another; edges that follow from others are left out", () => {
  expect(group(resources).edges).toEqual([
    ["ca", "etcd"],
    ["etcd", "admin"],
  ]);
});

test("markup in a name is escaped; a provider without a colour is an error", () => {
  const drawn = (type: string) =>
    draw({ groups: [{ name: "a<b", replicas: 1, holds: [{ type, count: 2 }] }], edges: [] });
  expect(drawn("tls.PrivateKey")).toContain(">a&#60;b<");
  expect(drawn("tls.PrivateKey")).toContain(">2 × tls.PrivateKey<");
  expect(() => drawn("aws.Bucket")).toThrow("no colour for aws.Bucket");
});

test("the use of a resource that was not recorded is an error", () => {
  const lost = { name: "x", type: "tls:index/privateKey:PrivateKey", uses: ["nothing"] };
  expect(() => group([lost])).toThrow("no resource nothing was recorded");
});
