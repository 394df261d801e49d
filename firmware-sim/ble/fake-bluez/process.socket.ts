// Starts a fake BlueZ in a process of its own, so that what it costs is not counted as its client's, and a crash is a crash.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Control, ProcessOptions } from './control.ts';
import type { FakeBluez } from './fake-bluez.bluez.ts';

export interface FakeBluezProcess {
  readonly pid: number;
  /** As the method of `FakeBluez` of that name. */
  call<C extends Control>(control: C, ...args: Parameters<FakeBluez[C]>): Promise<Awaited<ReturnType<FakeBluez[C]>>>;
  /** As `kill -9` does: nothing is said to anybody. */
  kill(): Promise<void>;
}

/** Throws Error when it does not start. */
export async function startFakeBluezProcess(options: ProcessOptions): Promise<FakeBluezProcess> {
  const program = fileURLToPath(new URL('./run.bluez.ts', import.meta.url));
  const child = fork(program, [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let asked = 0;
  const answered = (id: number) => new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
  child.on('message', ({ id, value, error }: Answer) => {
    const asker = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asker?.resolve(value);
    else asker?.reject(new Error(error));
  });
  const gone = ended(child).then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the process of the fake BlueZ ended'));
    waiting.clear();
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  try {
    await answered(0);
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    pid: child.pid as number,
    call: (control, ...args) => {
      const id = ++asked;
      const answer = answered(id);
      child.send({ id, control, args });
      return answer as Promise<never>;
    },
    kill,
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
