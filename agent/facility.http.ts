// The way to the facility: HTTP with connections kept alive. Plain HTTP reaches loopback only, unless the configuration
// says otherwise.
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import {
  placeText,
  type Transport,
  type TransportAnswer,
  type TransportRequest,
  unanswered,
  unreachable,
  VitalsealError,
} from '@vitalseal/ledger';
import { checkedTls, type Trust } from './facility-tls.http.ts';

export interface FacilityLink extends Trust {
  readonly url: string;
  readonly allowPlain?: boolean | undefined;
}

export interface FacilityConnection {
  readonly transport: Transport;
  /** One packet there and back: whether somebody listens. */
  probe(): Promise<boolean>;
  /** SHA-256 of the key of the certificate last seen, hex; null for plain HTTP or before the first answer. */
  pinSeen(): string | null;
  /** Ends every exchange; what waits for an answer is rejected. */
  close(): void;
}

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?)$/;
const PROBE_MS = 1_000;
/** A connection that carries nothing for this long is not reused: NAT boxes forget sooner than they say. */
const IDLE_MS = 55_000;

/** Throws `transport_refused` for plain HTTP beyond loopback, `usage` for no URL. */
export function openFacility(link: FacilityLink): FacilityConnection {
  const url = URL.canParse(link.url) ? new URL(link.url) : null;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new VitalsealError('usage', 'the facility is not a URL of http or https');
  const secure = url.protocol === 'https:';
  if (!secure && link.allowPlain !== true && !LOOPBACK.test(url.hostname)) {
    throw new VitalsealError(
      'transport_refused',
      'plain HTTP is allowed on loopback only; use https, or facility.allow_plain',
    );
  }
  let seen: string | null = null;
  const keep = { keepAlive: true, maxSockets: 8, maxFreeSockets: 4, timeout: IDLE_MS };
  const tls = secure
    ? checkedTls(url.hostname, link, keep, (pin) => {
        seen = pin;
      })
    : null;
  // Not by `import`: that asks for every export of the module, and one of them is a whole second HTTP client (9 MB).
  const http = process.getBuiltinModule('node:http');
  const agent = tls?.agent ?? new http.Agent(keep);
  const send = tls?.request ?? http.request;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port) || (secure ? 443 : 80);
  const place = placeText(host, port);
  const base = url.pathname.replace(/\/$/, '');

  function exchange(ask: TransportRequest): Promise<TransportAnswer> {
    return new Promise((resolve, reject) => {
      const { method, path, headers = {}, body, timeoutMs = 30_000, maxBytes = 1 << 24 } = ask;
      const fail = (error: unknown) => reject(unreachable(place, error));
      const length = body === undefined ? {} : { 'content-length': String(body.length) };
      const request = send(
        {
          host,
          port,
          path: base + path,
          method,
          agent,
          headers: { ...headers, ...length },
        },
        (answer) =>
          readAnswer(answer, maxBytes)
            .then(resolve, fail)
            .finally(() => clearTimeout(timer)),
      );
      const timer = setTimeout(() => request.destroy(unanswered(place, timeoutMs)), timeoutMs);
      request.on('error', (error) => {
        clearTimeout(timer);
        fail(error);
      });
      request.end(body);
    });
  }

  return {
    transport: exchange,
    pinSeen: () => seen,
    probe: () =>
      new Promise((resolve) => {
        const socket = connect({ host, port });
        const end = (reached: boolean) => {
          socket.destroy();
          resolve(reached);
        };
        socket.setTimeout(PROBE_MS, () => end(false));
        socket.once('connect', () => end(true));
        socket.once('error', () => end(false));
      }),
    close: () => agent.destroy(),
  };
}

/** Redirects are not followed: an answer with such a status is one like any other. */
async function readAnswer(answer: IncomingMessage, maxBytes: number): Promise<TransportAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) {
      answer.destroy();
      throw new VitalsealError('answer_invalid', 'the answer is too large');
    }
    chunks.push(chunk);
  }
  return { status: answer.statusCode ?? 0, body: new Uint8Array(Buffer.concat(chunks)) };
}
