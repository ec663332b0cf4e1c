import { readFileSync } from "fs";
import { join } from "path";
import { etcdLeaves } from "../../node/certificates";
import { directories, ports, units } from "../../node/layout";
import { on, onAll } from "../../verify/check";
import { checkout, until, useContext } from "./support";

const context = useContext();
const names = Object.values(units);
/** Runs a command for each unit on every controller. PID is the unit's main process. Returns a line for each unit, by controller. */
const ofEach = async (command: string) => {
  const loop = `for UNIT in ${names.join(" ")}; do PID=$(systemctl show --property=MainPID --value $UNIT); ${command}; done`;
  return (await onAll(context(), loop)).map(({ stdout }) => stdout.trim().split("\n"));
};

test("each unit has the exposure that docs/hardening.md gives, and at most 2.5", async () => {
  const text = readFileSync(join(checkout, "docs/hardening.md"), "utf8");
  const documented = names.map(
    (unit) => new RegExp(`^\\| \`${unit.split(".")[0]}\` \\| ([0-9.]+) \\|`, "m").exec(text)?.[1],
  );
  for (const found of await ofEach(
    "systemd-analyze security --no-pager $UNIT | sed -n 's/.*exposure level for .*: \\([0-9.]*\\) .*/\\1/p'",
  )) {
    expect(found).toEqual(documented);
    for (const exposure of found) expect(Number(exposure)).toBeLessThanOrEqual(2.5);
  }
});

test("no process has capabilities or can get them, except nginx's for port 80", async () => {
  const status =
    'sudo awk \'/^(CapEff|CapBnd|NoNewPrivs|Seccomp):/ { printf "%s ", $2 }; END { print "" }\' /proc/$PID/status';
  const none = "0000000000000000";
  const bind = "0000000000000400";
  for (const found of await ofEach(status)) {
    expect(found.map((line) => line.trim())).toEqual(
      names.map((unit) => (unit === units.healthProxy ? `${bind} ${bind} 1 2` : `${none} ${none} 1 2`)),
    );
  }
});

test("each unit sees only its own directories in /var/lib and /var/log", async () => {
  for (const found of await ofEach('sudo sh -c "cd /proc/$PID/root/var && echo lib/* log/*"')) {
    expect(found).toEqual([
      "lib/etcd log/*",
      "lib/kubernetes log/kubernetes",
      ...Array<string>(4).fill("lib/kubernetes log/*"),
    ]);
  }
});

test("only etcd's unit sees etcd's certificates", async () => {
  // The authority's certificate, and two PEM files for each leaf.
  const files = 1 + 2 * Object.keys(etcdLeaves).length;
  for (const found of await ofEach(`sudo ls /proc/$PID/root${directories.etcdPki} 2>/dev/null | wc -l`)) {
    expect(found.map(Number)).toEqual(names.map((unit) => (unit === units.etcd ? files : 0)));
  }
});

test("no unit can execute a shell, except the one that is a script", async () => {
  for (const found of await ofEach("sudo nsenter --target $PID --mount /bin/sh -c 'echo a shell' 2>&1 || true")) {
    expect(found).toEqual(
      names.map((unit) =>
        unit === units.csrApprover ? "a shell" : (expect.stringMatching(/Permission denied$/) as string),
      ),
    );
  }
});

/** The sockets on which programs listen. ADDRESS stands for the machine's internal address. */
const LISTENERS = [
  ["tcp", `ADDRESS:${ports.etcdClient}`, "etcd"],
  ["tcp", `127.0.0.1:${ports.etcdClient}`, "etcd"],
  ["tcp", `ADDRESS:${ports.etcdPeer}`, "etcd"],
  ["tcp", `0.0.0.0:${ports.api}`, "kube-apiserver"],
  ["tcp", `127.0.0.1:${ports.controllerManager}`, "kube-controller-manager"],
  ["tcp", `127.0.0.1:${ports.scheduler}`, "kube-scheduler"],
  ["tcp", `0.0.0.0:${ports.health}`, "nginx"],
  ["tcp", "0.0.0.0:22", "sshd"],
  ["tcp", "[::]:22", "sshd"],
];

/** The kernel keeps 15 characters of a program's name. */
const comm = (program: string) => program.slice(0, 15);

test("programs listen on these TCP and UDP sockets and no others", async () => {
  await Promise.all(
    context().outputs.controllers.map(async (controller) => {
      const found = (
        await on(context(), controller, "sudo ss --no-header --listening --tcp --udp --numeric --processes")
      )
        .trim()
        .split("\n")
        .map((line) => {
          const [protocol, , , , local] = line.split(/\s+/);
          return [protocol, local, /"(.*?)"/.exec(line)?.[1]];
        });
      const expected = LISTENERS.map(([protocol, local, program]) => [
        protocol,
        local!.replace("ADDRESS", controller.internalIp),
        comm(program!),
      ]);
      expect(found.sort()).toEqual(expected.sort());
    }),
  );
});

test("kube-controller-manager and kube-scheduler connect to 127.0.0.1 only, and their units allow only loopback", async () => {
  for (const program of ["kube-controller-manager", "kube-scheduler"]) {
    const peers = `sudo ss --no-header --tcp --numeric --processes state established | grep -F '"${comm(program)}"' | awk '{ sub(/:[0-9]+$/, "", $4); print $4 }' | sort -u`;
    const allowed = `systemctl show --property=IPAddressDeny,IPAddressAllow ${program}`;
    // kube-apiserver closes the connection of one request in a thousand (goaway-chance), and its client opens the next with
    // its next request, up to 2 s later: a program may have no connection for a moment.
    let found: string[] = [];
    await until(`${program} has a connection on every controller`, 30, async () => {
      found = (await onAll(context(), peers)).map(({ stdout }) => stdout);
      return !found.includes("");
    });
    for (const stdout of found) expect(stdout).toBe("127.0.0.1\n");
    for (const { stdout } of await onAll(context(), allowed)) {
      const words = stdout.trim().split(/[\s=]/).sort();
      expect(words).toEqual(["0.0.0.0/0", "127.0.0.0/8", "::/0", "::1/128", "IPAddressAllow", "IPAddressDeny"]);
    }
  }
});

/** Asks, as a process of the unit, for each address: may it open a connection? Prints yes or no. */
const askAs = (unit: string, addresses: string[]) => `sudo bash -c '
PID=$(systemctl show --property=MainPID --value ${unit})
GROUP=$(sed -n s/^0:://p /proc/$PID/cgroup)
TREE=/sys/fs/cgroup
if [ -d $TREE/unified ]; then TREE=$TREE/unified; fi
echo 0 >$TREE$GROUP/cgroup.procs
for ADDRESS in ${addresses.join(" ")}; do
  if timeout 2 bash -c "exec 3<>/dev/tcp/$ADDRESS/22" 2>/dev/null; then echo yes; else echo no; fi
done'`;

test("a process of kube-controller-manager's or kube-scheduler's unit cannot connect to anything but loopback", async () => {
  const controllers = context().outputs.controllers;
  const answers = await Promise.all(
    [units.etcd, units.controllerManager, units.scheduler].map((unit) =>
      Promise.all(controllers.map((one) => on(context(), one, askAs(unit, ["127.0.0.1", one.internalIp])))),
    ),
  );
  const each = (answer: string) => controllers.map(() => answer);
  expect(answers).toEqual([each("yes\nyes\n"), each("yes\nno\n"), each("yes\nno\n")]);
});
