import { Answer } from "./api";
import { Context } from "./check";

/** Requests through the front door, by the controller that answered. */
export interface Tour {
  /** Controllers in the order of the outputs; an empty list for one that answered nothing. */
  answers: Map<string, Answer[]>;
  connections: number;
  /** Why connections or requests failed, each reason once. */
  failures: string[];
}

/** With a fair spread over 5 controllers, 100 connections miss one of them once in 10^9 tries. */
const CONNECTIONS = 100;
/** Connections at once for each controller: with fewer most rounds miss one, with more most of them are in vain. */
const AT_ONCE_EACH = 2;

/**
 * Sends a request through the front door up to `most` times, each on a new connection, until every controller has answered.
 * Ends early when one fails, because others would only take as long to fail.
 */
export async function tour({ outputs }: Context, send: () => Promise<Answer>, most = CONNECTIONS): Promise<Tour> {
  const answers = new Map<string, Answer[]>(outputs.controllers.map(({ name }) => [name, []]));
  const failures = new Set<string>();
  let connections = 0;
  while (connections < most && failures.size === 0 && unmet({ answers }).length > 0) {
    const length = Math.min(AT_ONCE_EACH * outputs.controllers.length, most - connections);
    const round = await Promise.allSettled(Array.from({ length }, send));
    connections += length;
    for (const each of round) {
      if (each.status === "rejected") failures.add((each.reason as Error).message);
      // Each controller's serving certificate names its machine.
      else each.value.serverNames.forEach((name) => answers.get(name)?.push(each.value));
    }
  }
  return { answers, connections, failures: [...failures] };
}

/** The controllers that answered nothing. */
export const unmet = ({ answers }: Pick<Tour, "answers">): string[] =>
  [...answers].filter(([, own]) => own.length === 0).map(([name]) => name);
