/** A machine from the view of its users. */

import { readdirSync, readFileSync } from "node:fs";

import { alpha, beta, Cloud, gamma, MACHINES } from "./cloud";
import { eventually } from "./harness";

const HARDENED = [
  "User=hardened",
  "NoNewPrivileges=yes",
  "ProtectSystem=strict",
  "ProtectHome=yes",
  "PrivateTmp=yes",
  "PrivateDevices=yes",
  "ProtectKernelTunables=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelLogs=yes",
  "ProtectControlGroups=yes",
  "ProtectClock=yes",
  "ProtectHostname=yes",
  "ProtectProc=invisible",
  "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
  "RestrictNamespaces=yes",
  "RestrictSUIDSGID=yes",
  "LockPersonality=yes",
  "MemoryDenyWriteExecute=yes",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
  "AmbientCapabilities=CAP_NET_BIND_SERVICE",
  "LimitNOFILE=16384",
  "StateDirectory=hardened",
];

export function guest(cloud: Cloud): void {
  it("lets only the users of its metadata log in, with sudo, and has the published host key", async () => {
    for (const one of MACHINES)
      await eventually(
        () => cloud.ssh(one, "sudo id -un; hostname"),
        ({ output }) => output === `root\n${one.name}`,
      );
    expect((await cloud.ssh(alpha, "id", "root")).output).toMatch(/Permission denied/);
    expect(Object.keys(await cloud.worker.guestAttributes(1)).sort()).toEqual([
      "hostkeys/ecdsa-sha2-nistp256",
      "hostkeys/ssh-ed25519",
    ]);
  });

  it("lets sshd start before its users exist, as Google's agent does", async () => {
    const first = "journalctl --output cat --grep 'Started google-guest-agent|new user: name=admin' | head -1";
    expect((await cloud.inside(1, first)).output).toMatch(/^Started google-guest-agent/);
  });

  it("has unique host keys and a unique machine id", async () => {
    const files = "cat /etc/ssh/ssh_host_*_key.pub /etc/machine-id";
    const seen = await Promise.all(MACHINES.map(({ id }) => cloud.inside(id, files)));
    const secrets = seen.flatMap(({ output }) => output.split("\n").map((line) => line.split(" ")[1] ?? line));
    expect(secrets).toHaveLength(9);
    expect(new Set(secrets).size).toBe(9);
  });

  it("changes its users when the metadata changes", async () => {
    await cloud.metadata(2, { "ssh-keys": `deploy:${cloud.publicKey}` });
    const login = (user: string) => () => cloud.ssh(beta, "sudo id -un", user);
    await eventually(login("deploy"), ({ output }) => output === "root");
    await eventually(login("admin"), ({ output }) => output.includes("Permission denied"));
    await cloud.metadata(2);
    await eventually(login("admin"), ({ output }) => output === "root");
    await eventually(login("deploy"), ({ output }) => output.includes("Permission denied"));
  });

  it("ignores an expired key", async () => {
    const until = (time: string) => `google-ssh {"userName":"admin","expireOn":"${time}"}`;
    const [type, key] = cloud.publicKey.split(" ");
    const line = (user: string, time: string) => `${user}:${type} ${key} ${until(time)}`;
    const keys = [line("late", "2020-01-01T00:00:00+0000"), line("early", "2099-01-01T00:00:00+0000")];
    await cloud.metadata(3, { "ssh-keys": keys.join("\n") });
    await eventually(
      () => cloud.ssh(gamma, "id -un", "early"),
      ({ output }) => output === "early",
    );
    expect((await cloud.inside(3, "id late")).status).not.toBe(0);
    await cloud.metadata(3);
  });

  it("is fully up, with a journal, and runs a hardened service", async () => {
    const unit = ["[Service]", "Type=oneshot", ...HARDENED, `ExecStart=/bin/bash -c '${HARDENED_SCRIPT}'`].join("\n");
    const start = [
      "useradd --system hardened",
      `cat > /etc/systemd/system/hardened.service <<'EOF'\n${unit}\nEOF`,
      "systemctl daemon-reload && systemctl start hardened",
      "journalctl --unit hardened --output cat --no-pager",
    ].join("\n");
    const { output } = await cloud.inside(1, start);
    expect(output).toContain("hardened 16384 0000000000000400 /etc-read-only empty-tmp state-written");
    expect((await cloud.inside(1, "systemctl is-system-running --wait")).output).toBe("running");
  });

  it("can change the kernel settings of its own network, and no others", async () => {
    const get = (path: string) => readFileSync(`/proc/sys/${path}`, "utf8").trim();
    const before = [get("net/ipv4/ip_forward"), get("vm/swappiness")];
    expect(
      (await cloud.inside(1, "echo 1 > /proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward")).output,
    ).toBe("1");
    expect((await cloud.inside(1, "echo 2 > /proc/sys/vm/swappiness")).status).not.toBe(0);
    expect([get("net/ipv4/ip_forward"), get("vm/swappiness")]).toEqual(before);
    expect((await cloud.inside(2, "cat /proc/sys/net/ipv4/ip_forward")).output).toBe("0");
  });

  it("has exactly the memory of its machine type", async () => {
    await cloud.inside(1, `echo '$x = "a" x ($ARGV[0] << 20); print length($x) >> 20' > /run/take.pl`);
    const take = (mebibytes: number) => cloud.inside(1, `systemd-run --wait --pipe -q perl /run/take.pl ${mebibytes}`);
    expect(await take(300)).toEqual({ status: 0, output: "300" });
    expect((await take(1200)).status).not.toBe(0);
    expect((await cloud.inside(1, "systemctl is-active ssh")).output).toBe("active");
  });

  it("sees nothing of the host", async () => {
    const { output: mounts } = await cloud.inside(1, "cat /proc/mounts");
    expect(mounts).not.toContain(cloud.stateDir);
    expect(mounts).not.toContain("/image/");
    const { output: pids } = await cloud.inside(1, "ls /proc | grep -E '^[0-9]+$' | wc -l");
    expect(Number(pids)).toBeLessThan(readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length);
    expect((await cloud.inside(1, "cat /proc/*/cmdline | tr '\\0' ' '")).output).not.toContain(process.argv[1]);
    const disk = readFileSync("/proc/partitions", "utf8").trim().split("\n").at(-1)!.trim().split(/\s+/);
    const open = `mknod /dev/disk b ${disk[0]} ${disk[1]} && head -c 1 /dev/disk`;
    expect((await cloud.ssh(alpha, `sudo sh -c '${open}'`)).output).toMatch(/not permitted/);
  });

  it("does not start nginx by itself", async () => {
    expect((await cloud.inside(1, "systemctl is-enabled nginx")).output).toBe("disabled");
  });
}

const HARDENED_SCRIPT = [
  'caps=$(grep CapEff /proc/self/status | cut -f2); a=""',
  "touch /etc/x 2>/dev/null || a=/etc-read-only",
  'b=; [ -z "$(ls /tmp)" ] && b=empty-tmp',
  "touch /var/lib/hardened/x && c=state-written",
  'echo $(id -un) $(ulimit -n) "$caps" "$a" "$b" "$c"',
].join("; ");
