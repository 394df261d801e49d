// HTTP to a facility: one request, one bounded answer, no redirect. Plain HTTP goes to loopback only; over TLS the
// facility's certificate may be pinned by a file of its authority.
import { type ClientRequest, type IncomingMessage, request as plain } from 'node:http';
import { request as tls } from 'node:https';
import {
  placeText,
  type Transport,
  type TransportAnswer,
  type TransportRequest,
  unanswered,
  unreachable,
  VitalsealError,
} from '@vitalseal/ledger';

export interface HttpOptions {
  /** PEM certificates; then these, and not the system's, say whom to believe. */
  readonly ca?: string;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

/** A transport to the facility at `url`. Throws `transport_refused` for plain HTTP beyond loopback, `usage` for no URL. */
export function httpTransport(url: string, options: HttpOptions = {}): Transport {
  const base = parseUrl(url);
  const prefix = base.pathname.replace(/\/$/, '');
  const place = placeText(base.hostname, Number(base.port) || (base.protocol === 'https:' ? 443 : 80));
  const open = base.protocol === 'https:' ? tls : plain;
  return (ask) =>
    new Promise<TransportAnswer>((resolve, reject) => {
      const timeoutMs = ask.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const signal = AbortSignal.timeout(timeoutMs);
      const fail = (error: unknown) =>
        reject(signal.aborted ? unanswered(place, timeoutMs) : unreachable(place, error));
      const sent: ClientRequest = open(
        new URL(prefix + ask.path, base),
        { method: ask.method, headers: headersOf(ask), signal, ...options },
        (answer) => collect(answer, ask.maxBytes ?? DEFAULT_MAX_BYTES).then(resolve, fail),
      );
      sent.on('error', fail);
      sent.end(ask.body);
    });
}

function parseUrl(url: string): URL {
  if (!URL.canParse(url)) throw new VitalsealError('usage', 'the facility is not a URL');
  const parsed = new URL(url);
  if (parsed.protocol === 'https:') return parsed;
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(parsed.hostname);
  if (parsed.protocol !== 'http:' || !loopback) {
    throw new VitalsealError(
      'transport_refused',
      'plain HTTP reaches loopback only; give a URL that begins with https',
    );
  }
  return parsed;
}

function headersOf({ headers, body }: TransportRequest): Record<string, string> {
  // A length known beforehand: a facility refuses what is too large before it reads it.
  return { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) };
}

async function collect(answer: IncomingMessage, maxBytes: number): Promise<TransportAnswer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > maxBytes) {
      answer.destroy();
      throw new VitalsealError('answer_invalid', 'the answer is too large');
    }
    parts.push(part);
  }
  const headers = Object.fromEntries(
    Object.entries(answer.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
  return { status: answer.statusCode ?? 0, body: Buffer.concat(parts), headers };
}
