import { spawn, SpawnOptions } from "child_process";
import { Readable } from "stream";
import { pipeline } from "stream/promises";

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  input?: string;
  /** Milliseconds. After that the process gets SIGTERM and the promise rejects. */
  timeoutMs?: number;
}

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program and keeps what it prints. Rejects only when it cannot be started, is killed, or takes too long. */
export function capture(program: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: options.env, timeout: options.timeoutMs });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === null) reject(new Error(`${program} was killed by ${signal ?? "a signal"}: ${stderr.slice(-500)}`));
      else resolve({ code, stdout, stderr });
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

export interface Streams {
  input?: AsyncIterable<Buffer>;
  output?: (pieces: AsyncIterable<Buffer>) => Promise<void>;
}

/**
 * Runs a program between two streams: `input` is its standard input, and `output` reads its standard output. Rejects when it
 * cannot be started or is killed, or when a stream fails; then the program is ended.
 */
export async function piped(program: string, args: string[], { input, output }: Streams): Promise<Finished> {
  const child = spawn(program, args);
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      code === null ? reject(new Error(`${program} was killed by ${signal ?? "a signal"}`)) : resolve(code),
    );
  });
  // A program that ends early closes its input, and says why on standard error.
  const written = pipeline(Readable.from(input ?? []), child.stdin).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
  const read = output === undefined ? Promise.resolve(void child.stdout.resume()) : output(child.stdout);
  try {
    const [code] = await Promise.all([ended, written, read]);
    return { code, stdout: "", stderr };
  } catch (error) {
    child.kill();
    throw error;
  }
}

/** Like `capture`, but returns standard output only, and rejects with the program's message when it fails. */
export async function output(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await capture(program, args, options);
  if (code !== 0)
    throw new Error(`${program} ${args[0] ?? ""} failed (${code}): ${(stderr || stdout).trim().slice(-2000)}`);
  return stdout;
}

/** The exit code of a program that somebody ended, or during which somebody pressed Ctrl-C. */
export const INTERRUPTED = 130;

/**
 * Runs a program on this terminal and resolves with its exit code. Ctrl-C reaches the program from the terminal, and a
 * SIGTERM to this process is passed on. In both cases this process waits until the program has ended, and resolves with
 * INTERRUPTED, whatever the program says: `pulumi destroy` says 0 although it has left resources.
 */
export function attached(program: string, args: string[], options: SpawnOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    let interrupted = false;
    const note = () => (interrupted = true);
    const forward = () => (note(), child.kill("SIGTERM"));
    process.on("SIGINT", note);
    process.on("SIGTERM", forward);
    const child = spawn(program, args, { stdio: "inherit", ...options });
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", note);
      process.off("SIGTERM", forward);
      resolve(code === null || interrupted ? INTERRUPTED : code);
    });
  });
}
