import { parse } from "yaml";
import { ADMISSION_PLUGINS, admissionConfig } from "../../node/programs/admission";
import { hardening, Needs, renderUnit } from "../../node/render/unit";

/** The lines of a unit's sandbox for a program with these needs. */
const lines = (needs: Partial<Needs> = {}) =>
  renderUnit({ Unit: {}, Service: hardening({ code: ["/opt/p"], ...needs }), Install: {} }).split("\n");

test("a program without needs gets no exception from the sandbox", () => {
  expect(lines()).toEqual(
    expect.arrayContaining([
      "CapabilityBoundingSet=",
      "PrivateUsers=yes",
      "ProtectSystem=strict",
      "NoExecPaths=/",
      "ExecPaths=/opt/p",
      "TemporaryFileSystem=/var/lib:ro",
      "TemporaryFileSystem=/var/log:ro",
      "RestrictAddressFamilies=AF_INET",
    ]),
  );
  expect(lines().filter((line) => /^(Bind|Inaccessible|IPAddress)/.test(line))).toEqual([]);
});

test.each<[Partial<Needs>, string[]]>([
  [{ reads: ["/var/lib/a", "/var/lib/b"] }, ["BindReadOnlyPaths=/var/lib/a", "BindReadOnlyPaths=/var/lib/b"]],
  [{ writes: ["/var/lib/a"] }, ["BindPaths=/var/lib/a"]],
  [{ hidden: ["/etc/a"] }, ["InaccessiblePaths=/etc/a"]],
  [{ loopbackOnly: true }, ["IPAddressDeny=any", "IPAddressAllow=localhost"]],
  [{ notifies: true }, ["RestrictAddressFamilies=AF_INET AF_UNIX"]],
  [{ netlink: true }, ["ProcSubset=all", "RestrictAddressFamilies=AF_INET AF_NETLINK"]],
  [{ capability: "CAP_X" }, ["CapabilityBoundingSet=CAP_X", "AmbientCapabilities=CAP_X", "PrivateUsers=no"]],
])("%j adds its lines in systemd's syntax, and changes no others", (needs, expected) => {
  const before = lines();
  expect(lines(needs).filter((line) => !before.includes(line))).toEqual(expected);
});

test("every admission plugin with a configuration is enabled", () => {
  const { plugins } = parse(admissionConfig()) as { plugins: { name: string }[] };
  for (const { name } of plugins) expect(ADMISSION_PLUGINS).toContain(name);
});
