import { ports, workerPorts } from "../../node/layout";
import { explainedControls } from "./cis/explained";
import { WorkerMachine, workerControls } from "./cis/workers";
import {} from "./support";
import { onWorker, WORKERS } from "./workers/support";

/** The workers' part of the CIS Kubernetes Benchmark 1.11. docs/hardening.md explains each recommendation that does not hold, and no other. */
let machines: WorkerMachine[];
beforeAll(async () => {
  machines = await Promise.all(WORKERS.map((name) => WorkerMachine.look(name, (command) => onWorker(name, command))));
});

const explained = explainedControls();

test.each(workerControls.filter(({ id }) => !explained.has(id)))("$id holds: $what", ({ look }) => {
  for (const machine of machines) expect(look(machine)).toMatchObject({ good: true });
});

test.each(workerControls.filter(({ id }) => explained.has(id)))(
  "$id does not hold, as docs/hardening.md explains: $what",
  ({ look }) => {
    for (const machine of machines) expect(look(machine)).toMatchObject({ good: false });
  },
);

test("a worker listens only on the ports that the firewall and its programs need", async () => {
  const expected = {
    open: [22, workerPorts.kubelet],
    loopback: [workerPorts.kubeletHealth, workerPorts.kubeProxyHealth, workerPorts.kubeProxyMetrics],
  };
  for (const worker of WORKERS) {
    const lines = (await onWorker(worker, "sudo ss --no-header --listening --numeric --tcp")).trim().split("\n");
    const found = lines
      .map((line) => /(\S+):(\d+)\s/.exec(line)!)
      .map(([, address, port]) => ({ address: address!, port: Number(port) }));
    const isLoopback = (address: string) => address.startsWith("127.") || address === "[::1]";
    const open = found.filter(({ address }) => !isLoopback(address)).map(({ port }) => port);
    expect([...new Set(open)].sort((a, b) => a - b)).toEqual(expected.open);
    const local = found.filter(({ address }) => isLoopback(address)).map(({ port }) => port);
    expect(local).toEqual(expect.arrayContaining(expected.loopback));
    expect(local).not.toContain(ports.api);
  }
});
