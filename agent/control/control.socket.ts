// The control socket, both ends.
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';
import { answerLine, type ControlHandlers, MAX_ANSWER, MAX_REQUEST, readAnswer } from './protocol.ts';

/** `sun_path` of Linux holds 108 bytes, the last one a zero. */
const MAX_PATH = 107;
const MAX_CONNECTIONS = 16;
/** Milliseconds to send a request, and to wait for its answer (a flush with proof may take its time). */
const REQUEST_MS = 5_000;
const ANSWER_MS = 180_000;

export interface ControlServer {
  close(): Promise<void>;
}

/** Listens in `dir`, whose lock the caller holds: a socket that lies there is of a dead process. */
export async function serveControl(dir: string, handlers: ControlHandlers): Promise<ControlServer> {
  const path = socketPath(dir);
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(REQUEST_MS, () => socket.destroy());
    onLine(socket, MAX_REQUEST, (line) => {
      socket.setTimeout(0);
      void answerLine(handlers, line).then((answer) => socket.writable && socket.end(`${answer}\n`));
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(new VitalsealError('store_failed', 'the control socket cannot be opened')));
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.end();
      const impatience = setTimeout(() => open.forEach((socket) => void socket.destroy()), 200);
      await closed;
      clearTimeout(impatience);
      rmSync(path, { force: true });
    },
  };
}

/** Whether an agent that runs in `dir` listens to commands. */
export function answersControl(dir: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath(dir));
    const end = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** Asks the agent that runs in `dir`; undefined when none does. Throws what it answers, `timed_out` or `closed`. */
export function askControl(dir: string, command: string, parameters: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath(dir));
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new VitalsealError('timed_out')));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const nobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR';
      if (nobody) return resolve(undefined);
      reject(
        error instanceof VitalsealError
          ? error
          : new VitalsealError('store_failed', 'the control socket cannot be used'),
      );
    });
    socket.on('close', () => reject(new VitalsealError('closed', 'the agent stopped before it answered')));
    onLine(socket, MAX_ANSWER, (line) => {
      try {
        resolve(readAnswer(line));
      } catch (error) {
        reject(error);
      }
      socket.destroy();
    });
    socket.write(`${JSON.stringify({ ...parameters, command })}\n`);
  });
}

/** The first line that comes, once. A longer one than `maxBytes` ends the connection. */
function onLine(socket: Socket, maxBytes: number, take: (line: string) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  socket.on('data', (chunk: Buffer) => {
    const end = chunk.indexOf(10);
    chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
    length += chunk.length;
    if (length > maxBytes) return void socket.destroy();
    if (end < 0) return;
    socket.pause();
    take(Buffer.concat(chunks).toString('utf8'));
  });
}

/** Socket paths are short; one relative to the working folder may fit where the full one does not. */
function socketPath(dir: string): string {
  const full = join(dir, 'agent.sock');
  for (const path of [full, relative(process.cwd(), full)]) if (Buffer.byteLength(path) <= MAX_PATH) return path;
  throw new VitalsealError('config_invalid', 'the path of the data folder is too long for a unix socket');
}
