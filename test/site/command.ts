// Runs the real `vitalseal` command as a process of its own: what a user does, no shortcut into the packages.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../cli/bin/vitalseal.js', import.meta.url));

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly process: ChildProcess;
  /** What the process has written until now. */
  output(): { stdout: string; stderr: string };
  /** Resolves once the process has ended. */
  ended: Promise<Outcome>;
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Outcome>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `vitalseal …args`. Output is kept in memory (the tests' runs are short). */
export function startCommand(args: string[], environment: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]): Outcome => {
    running.delete(child);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr };
  });
  return {
    pid: child.pid ?? 0,
    process: child,
    output: () => ({ stdout, stderr }),
    ended,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs `vitalseal …args` to its end. */
export function runCommand(args: string[], environment: Record<string, string> = {}): Promise<Outcome> {
  return startCommand(args, environment).ended;
}

/** Runs `vitalseal …args --json` and returns the object on the last line of stdout; throws when the exit code is not 0. */
export async function runJson<T = Record<string, unknown>>(args: string[]): Promise<T> {
  const outcome = await runCommand([...args, '--json']);
  if (outcome.code !== 0) throw new Error(`vitalseal ${args.join(' ')}: exit ${outcome.code}\n${outcome.stderr}`);
  return lastJson<T>(outcome.stdout);
}

/** The JSON object on the last line of a command's stdout. */
export function lastJson<T = Record<string, unknown>>(stdout: string): T {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}
