import { connect } from "net";

/** The variable that names the socket of the user's SSH agent. */
export const AGENT_SOCKET = "SSH_AUTH_SOCK";

/** An agent that accepts no connection within this time is dead. */
const CONNECT_MS = 2_000;

/**
 * Why no SSH agent can be reached at the socket that the environment names; undefined when one can, or when none is named. The
 * socket of a terminal multiplexer's shell often outlives the login whose agent it was.
 */
export function agentProblem(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const path = env[AGENT_SOCKET];
  if (!path) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: CONNECT_MS });
    const end = (problem?: string) => {
      socket.destroy();
      resolve(problem);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end(`no answer within ${CONNECT_MS / 1000} s`));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

/** The environment without the SSH agent, if there is none at the socket that it names. */
export async function withoutDeadAgent(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  return (await agentProblem(env)) === undefined ? env : { ...env, [AGENT_SOCKET]: undefined };
}
