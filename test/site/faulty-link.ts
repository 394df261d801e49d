// A link between agent and facility that fails on purpose: refuses before anything happened, loses the answer after it
// happened, answers nonsense or with a server error, or shows another facility's face. An HTTP proxy on loopback.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * `refuse`: nothing is persisted. `lose`: persisted, and the answer is lost. `twice`: persisted, the answer is lost, and the
 * same request comes once more later. `nonsense`, `garbage`, `redirect`, `busy`: not persisted, answered badly. `huge`: not
 * persisted, answered without end. `cut`: half an answer. `slow`: as it should be, seconds later.
 */
export type Fault =
  | 'refuse'
  | 'lose'
  | 'twice'
  | 'nonsense'
  | 'garbage'
  | 'redirect'
  | 'busy'
  | 'huge'
  | 'cut'
  | 'slow';

const SLOW_MS = 2_000;
/** More than any answer may be. */
const HUGE_BYTES = 256 << 20;

export interface FaultyLink {
  readonly url: string;
  /** Requests so far, `GET /v1/prove` and so on, without what comes after. */
  readonly seen: string[];
  /** What happens to a request; null is to pass it on. */
  judge: (what: string, times: number) => Fault | null;
  /** Instead of the facility's answer, when this gives one. `path` is the whole of it. */
  forge: (what: string, answer: Buffer, path: string) => Buffer | null;
  /** Where requests go. */
  target: string;
  close(): void;
}

/** `PUT /v1/blobs/12…` as `PUT /v1/blobs`. */
function nameOf({ method, url = '' }: IncomingMessage): string {
  return `${method} ${url.split('?')[0]?.split('/').slice(0, 3).join('/')}`;
}

export async function startFaultyLink(target: string): Promise<FaultyLink> {
  const times = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => void carry(incoming, Buffer.concat(chunks), outgoing));
  });
  const link: FaultyLink = {
    url: '',
    seen: [],
    judge: () => null,
    forge: () => null,
    target,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };

  async function carry(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): Promise<void> {
    const what = nameOf(incoming);
    const time = times.get(what) ?? 0;
    times.set(what, time + 1);
    link.seen.push(what);
    const fault = link.judge(what, time);
    if (fault === 'refuse') return void incoming.socket.destroy();
    if (fault === 'nonsense') return void outgoing.writeHead(200).end('what?');
    if (fault === 'garbage') return void outgoing.writeHead(200).end(randomBytes(4_096));
    if (fault === 'redirect') return void outgoing.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
    if (fault === 'huge') return void pour(outgoing.writeHead(200), HUGE_BYTES);
    if (fault === 'slow') await pause(SLOW_MS);
    if (fault === 'busy') return void outgoing.writeHead(503).end();
    const answer = await pass(link.target, incoming, body).catch(() => null);
    if (fault === 'twice') setTimeout(() => void pass(link.target, incoming, body).catch(() => null), 300);
    if (fault === 'lose' || fault === 'twice' || answer === null) return void incoming.socket.destroy();
    const bytes = link.forge(what, answer.body, incoming.url ?? '/') ?? answer.body;
    outgoing.writeHead(answer.status, { 'content-length': bytes.length });
    if (fault === 'cut')
      return void outgoing.write(bytes.subarray(0, bytes.length >> 1), () => incoming.socket.destroy());
    outgoing.end(bytes);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(link, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** Writes zeros until it is enough or the client has gone. */
function pour(outgoing: ServerResponse, left: number): void {
  const chunk = Buffer.alloc(1 << 20);
  for (let rest = left; !outgoing.destroyed; rest -= chunk.length) {
    if (rest <= 0) return void outgoing.end();
    if (!outgoing.write(chunk)) return void outgoing.once('drain', () => pour(outgoing, rest - chunk.length));
  }
}

function pass(target: string, incoming: IncomingMessage, body: Buffer): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = incoming;
    const outgoing = request(
      new URL(url ?? '/', target),
      { method: method ?? 'GET', headers: { ...headers, connection: 'close' } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
        answer.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
