import { until } from "../lib/until";
import { Connection } from "../load/connection";
import { furtherSuccesses, Load, Outcome, underLoad } from "../load/load";
import { Loop } from "../load/loop";
import { directTargets } from "../load/targets";
import { compute, losePower } from "../local";
import { ControllerOutput, StackOutputs } from "../outputs";
import { readOutputs } from "../tasks/stack";
import { Api, readKubeconfig } from "../verify/api";
import { interrupt } from "./interrupt";
import { names, USUAL } from "./rows";
import { add, Samples } from "./samples";
import { makeStack, pulumi } from "./stack";

/** For the newest version of an object, the API server asks etcd, which needs its leader to answer. */
const READ = "/api/v1/namespaces/default";
/** Of each kind: readers that keep their connection, readers that do not, and readers that know all controllers. */
const READERS = 2;
/** Successes of every client after which it counts as recovered. */
const RECOVERED = 5;

/** The clients of a way to the API, by what they do. */
interface Clients {
  reads: Loop[];
  writes: Loop[];
}
type Ways = Record<"door" | "direct", Clients>;

/**
 * Kills the machine of a random controller several times under load, and measures the longest time in which one of the clients had
 * no success, until the machine serves again. Rejects when an acknowledged write is lost, or a watch misses a change.
 */
export async function measureFailover(scratch: string, samples: Samples, kills: number): Promise<void> {
  const stack = await makeStack(scratch, USUAL);
  await pulumi(stack, "up", "--yes", "--skip-preview");
  const outputs = await readOutputs(stack);
  const { kubeconfig, controllers } = outputs;
  const direct = directTargets(kubeconfig, controllers);
  const readers = startReaders(outputs);
  try {
    const outcome = await underLoad(
      kubeconfig,
      controllers[0]!.name,
      async (load) => {
        const ways = withWriters(readers, load);
        for (let kill = 1; kill <= kills; kill++) {
          const victim = controllers[Math.floor(Math.random() * controllers.length)]!;
          console.log(`kill ${kill} of ${kills}: ${victim.name}`);
          const gaps = await gapsWhile(ways, () => killAndHeal(new Api(kubeconfig), victim, all(ways)));
          for (const [name, seconds] of Object.entries(gaps)) add(samples, name, seconds);
          const seen = Object.entries(gaps).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`);
          console.log(`  ${seen.join(", ")}`);
        }
      },
      direct,
    );
    refuseLosses(outcome);
  } finally {
    await Promise.all(all(readers).map((loop) => loop.stop()));
  }
}

function startReaders({ kubeconfig, controllers }: StackOutputs): Ways {
  const access = readKubeconfig(kubeconfig);
  const direct = directTargets(kubeconfig, controllers);
  const through = (keeps: boolean) => () => reader(new Connection(access), keeps);
  const several = (make: () => Loop) => Array.from({ length: READERS }, make);
  return {
    door: { reads: [...several(through(true)), ...several(through(false))], writes: [] },
    direct: { reads: several(() => reader(new Connection(...direct), true)), writes: [] },
  };
}

const reader = (connection: Connection, keeps: boolean) =>
  new Loop(connection, keeps, async () => {
    const { status, body } = await connection.request("GET", READ);
    if (status !== 200) throw new Error(`HTTP ${status}: ${body.slice(0, 200)}`);
  });

function withWriters({ door, direct }: Ways, { writers, directWriters }: Load): Ways {
  return {
    door: { ...door, writes: writers.map(({ loop }) => loop) },
    direct: { ...direct, writes: directWriters.map(({ loop }) => loop) },
  };
}

const all = (ways: Ways) => Object.values(ways).flatMap(({ reads, writes }) => [...reads, ...writes]);

/** The longest gap of a client during `work`, in seconds, by the name of the figure. */
async function gapsWhile(ways: Ways, work: () => Promise<void>): Promise<Record<string, number>> {
  for (const loop of all(ways)) loop.forgetGaps();
  await work();
  const figures = (["door", "direct"] as const).flatMap((way) =>
    (["reads", "writes"] as const).map((what): [string, number] => {
      const gaps = ways[way][what].map(({ longestGapMs }) => longestGapMs);
      return [names.gap(what, way), Math.max(...gaps) / 1000];
    }),
  );
  return Object.fromEntries(figures);
}

/** Kills a machine, waits until every client has recovered, starts the machine, and waits until it serves again. */
async function killAndHeal(api: Api, { name, instance, zone }: ControllerOutput, clients: Loop[]): Promise<void> {
  const path = `/compute/v1/projects/hardway-local/zones/${zone}/instances/${instance}`;
  await losePower(instance);
  await furtherSuccesses(clients, RECOVERED, interrupt);
  const isOff = async () => (await compute<{ status: string }>("GET", path)).status === "TERMINATED";
  await until(`the cloud reports that ${name} is off`, 30, isOff, interrupt);
  await compute("POST", `${path}/start`);
  const serves = () =>
    api.request("/readyz").then(
      ({ status, serverNames }) => status === 200 && serverNames.includes(name),
      () => false,
    );
  await until(`the front door sends requests to ${name}`, 120, serves, interrupt);
  await furtherSuccesses(clients, RECOVERED, interrupt);
}

function refuseLosses({ lost, missed, disordered, watchErrors, figures }: Outcome): void {
  console.log(figures);
  const problems = { lost, missed, disordered, watchErrors };
  if (Object.values(problems).some((found) => found.length > 0))
    throw new Error(JSON.stringify(problems, undefined, 2));
}
