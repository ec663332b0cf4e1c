import * as http from "node:http";
import { deadline } from "../../../lib/deadline";

export interface Target {
  address: string;
  port: number;
  /** Path with query. */
  path: string;
  /** The Host header. */
  host: string;
  /** The source address of the probe. */
  source?: string;
  timeoutMs: number;
}

/** Sends one probe. True when a complete answer with status 200 arrives in time; a redirect does not count. */
export function probe({ address, port, path, host, source, timeoutMs }: Target): Promise<boolean> {
  return new Promise((resolveWith) => {
    const resolve = (healthy: boolean) => {
      cancel();
      resolveWith(healthy);
    };
    const request = http.get(
      {
        host: address,
        port,
        path,
        localAddress: source,
        agent: false,
        headers: { Host: host, "User-Agent": "GoogleHC/1.0", Connection: "close" },
      },
      (response) => {
        response.on("end", () => resolve(response.statusCode === 200 && response.complete));
        response.on("error", () => resolve(false));
        response.resume();
      },
    );
    request.on("error", () => resolve(false));
    const cancel = deadline(timeoutMs, () => request.destroy(new Error("no answer in time")));
  });
}
