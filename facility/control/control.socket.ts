// The control socket itself, both ends of it.
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';
import { answerControl, type ControlHandlers, MAX_CONTROL_LINE, readControlAnswer } from './control.ts';

const MAX_SOCKET_PATH = 107; // sun_path of Linux
const ANSWER_MS = 60_000;

export interface ControlServer {
  close(): Promise<void>;
}

/** Listens in `dir`. The caller holds the folder's lock, so a socket that lies there is left from a dead process. */
export async function serveControl(dir: string, handlers: ControlHandlers): Promise<ControlServer> {
  const path = socketPath(dir);
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    onLine(socket, (line) => {
      void answerControl(handlers, line).then((answer) => socket.writable && socket.end(`${answer}\n`));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(new VitalsealError('store_failed', 'the control socket cannot be opened')));
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.end();
      setTimeout(() => open.forEach((socket) => void socket.destroy()), 500).unref();
      await closed;
      rmSync(path, { force: true });
    },
  };
}

/** Whether a process that runs in `dir` listens to commands. */
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

/** Asks the process that runs in `dir`; undefined when none does. Throws what it answers, or `timed_out`. */
export function askControl(dir: string, command: string, parameters: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath(dir));
    socket.setTimeout(ANSWER_MS, () => {
      reject(new VitalsealError('timed_out'));
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(new VitalsealError('store_failed', 'the control socket cannot be used'));
    });
    socket.on('close', () => reject(new VitalsealError('facility_unreachable', 'the facility went away')));
    onLine(socket, (line) => {
      try {
        resolve(readControlAnswer(line));
      } catch (error) {
        reject(error);
      }
      socket.destroy();
    });
    socket.write(`${JSON.stringify({ ...parameters, command })}\n`);
  });
}

function onLine(socket: Socket, take: (line: string) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0) {
      const line = text.slice(0, end);
      text = '';
      socket.pause();
      take(line);
    } else if (text.length > MAX_CONTROL_LINE) socket.destroy();
  });
}

/** Unix socket paths are short; a path relative to the working folder may fit where the full one does not. */
function socketPath(dir: string): string {
  const full = join(dir, 'facility.sock');
  if (Buffer.byteLength(full) <= MAX_SOCKET_PATH) return full;
  const short = relative(process.cwd(), full);
  if (Buffer.byteLength(short) <= MAX_SOCKET_PATH) return short;
  throw new VitalsealError('config_invalid', 'the path of the data folder is too long for a unix socket');
}
