/**
 * The daemon: the API, the metadata server, the release mirror and the health prober, in the edge namespace. `cli.ts start`
 * runs it. When it ends, machines and traffic go on; the next daemon takes them over.
 */
import { LogController, type FastifyInstance } from "fastify";
import pino from "pino";
import { tryLock } from "../../lib/lock";
import { API_ADDRESS, API_PORT, METADATA_ADDRESS, MIRROR_ADDRESS } from "./addresses";
import { apiServer } from "./api/server";
import { writePid } from "./cli/process";
import { createCloud } from "./engine/cloud";
import { instanceBySource } from "./state/queries";
import { createFabric } from "./fabric/index";
import { Prober } from "./health/prober";
import { metadataServer } from "./metadata/server";
import { mirrorServer } from "./mirror/server";
import { files, imageDir, locks, mirrorDir } from "./paths";
import { Store } from "./state/store";

const log = pino();

async function main(stateDir: string): Promise<void> {
  const release = await tryLock(locks.daemon);
  if (!release) throw new Error("A daemon of the local cloud already runs on this host.");
  writePid(stateDir);
  const store = await Store.open(files.state(stateDir));
  const fabric = await createFabric({ stateDir, imageDir: imageDir(), log: (line) => log.info(line) });
  const cloud = createCloud(store, fabric, log);
  const prober = new Prober({ store, log, onVerdict: () => cloud.reconciler.inBackground() });

  const options = { loggerInstance: log, logController: new LogController({ disableRequestLogging: true }) };
  const metadata = metadataServer(store, (source) => instanceBySource(store.state, source), options);
  const mirror = mirrorServer(mirrorDir(), options);
  const api = apiServer(cloud, options);
  // First what machines need, because some are booted again now. The API is last: once it answers, everything works.
  await metadata.listen({ host: METADATA_ADDRESS, port: 80 });
  await mirror.listen({ host: MIRROR_ADDRESS, port: 80 });
  await cloud.adopt();
  prober.start();
  await api.listen({ host: API_ADDRESS, port: API_PORT });

  const end = async (signal: string) => {
    log.info(`ending on ${signal}`);
    prober.close();
    await Promise.all([api, metadata, mirror].map((server: FastifyInstance) => server.close()));
    await cloud.close();
    release();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void end(signal));
}

process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));
main(process.argv[2] ?? "").catch((error: Error) => {
  log.fatal({ err: error }, "cannot start");
  process.exit(1);
});
