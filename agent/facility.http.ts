// The way to the facility: HTTP with connections kept alive. Plain HTTP reaches loopback only, unless the configuration
// says otherwise; with TLS the certificate is one of the authority configured, or its key is the pinned one.
import { createHash, type X509Certificate } from 'node:crypto';
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { type AgentOptions, type RequestOptions, Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { type Transport, type TransportAnswer, type TransportRequest, VitalsealError } from '@vitalseal/ledger';

export interface FacilityLink {
  readonly url: string;
  /** Certificate authority, PEM; the system's when absent. */
  readonly ca?: Uint8Array | undefined;
  /** SHA-256 of the certificate's public key (SubjectPublicKeyInfo), hex. */
  readonly pin?: string | undefined;
  readonly allowPlain?: boolean | undefined;
  /** False while nobody knows what time it is: certificate dates say nothing then. */
  readonly clockKnown?: (() => boolean) | undefined;
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
const DATES = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);

/** Throws `transport_refused` for plain HTTP beyond loopback. */
export function openFacility(link: FacilityLink): FacilityConnection {
  const url = new URL(link.url);
  const secure = url.protocol === 'https:';
  if (!secure && link.allowPlain !== true && !LOOPBACK.test(url.hostname)) {
    throw new VitalsealError(
      'transport_refused',
      'plain HTTP is allowed on loopback only; use https, or facility.allow_plain',
    );
  }
  let seen: string | null = null;
  const keep = { keepAlive: true, maxSockets: 8, maxFreeSockets: 4, timeout: IDLE_MS };
  const agent = secure
    ? new CheckedAgent(
        { ...keep, rejectUnauthorized: false, ...(link.ca === undefined ? {} : { ca: Buffer.from(link.ca) }) },
        (socket) => {
          seen = checkPeer(socket, url.hostname, link);
        },
      )
    : new PlainAgent(keep);
  const send = secure ? tlsRequest : plainRequest;
  const base = url.pathname.replace(/\/$/, '');

  function exchange(ask: TransportRequest): Promise<TransportAnswer> {
    return new Promise((resolve, reject) => {
      const { method, path, headers = {}, body, timeoutMs = 30_000, maxBytes = 1 << 24 } = ask;
      const length = body === undefined ? {} : { 'content-length': String(body.length) };
      const request = send(
        {
          host: url.hostname.replace(/^\[|\]$/g, ''),
          port: Number(url.port) || (secure ? 443 : 80),
          path: base + path,
          method,
          agent,
          headers: { ...headers, ...length },
        },
        (answer) =>
          readAnswer(answer, maxBytes)
            .then(resolve, reject)
            .finally(() => clearTimeout(timer)),
      );
      const timer = setTimeout(() => request.destroy(new VitalsealError('timed_out')), timeoutMs);
      request.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      request.end(body);
    });
  }

  return {
    transport: exchange,
    pinSeen: () => seen,
    probe: () =>
      new Promise((resolve) => {
        const socket = connect({
          host: url.hostname.replace(/^\[|\]$/g, ''),
          port: Number(url.port) || (secure ? 443 : 80),
        });
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

/** Hands a connection over only once its certificate is judged: not a byte is sent before. */
class CheckedAgent extends TlsAgent {
  readonly #check: (socket: TLSSocket) => void;

  constructor(options: AgentOptions, check: (socket: TLSSocket) => void) {
    super(options);
    this.#check = check;
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const socket = connectTls(options as ConnectionOptions);
    const fail = (error: Error) => {
      socket.destroy();
      callback?.(error, socket);
    };
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      try {
        this.#check(socket);
      } catch (error) {
        return fail(error as Error);
      }
      socket.off('error', fail);
      callback?.(null, socket);
    });
  }
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

/** The pin of the certificate that the peer showed. Throws `transport_refused`. */
function checkPeer(socket: TLSSocket, host: string, { pin, clockKnown }: FacilityLink): string {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new VitalsealError('transport_refused', 'the facility shows no certificate');
  const shown = createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  if (pin !== undefined) {
    if (pin === shown) return shown;
    throw new VitalsealError('transport_refused', "the key of the facility's certificate is not the pinned one");
  }
  const fault = socket.authorizationError as unknown as (Error & { code?: string }) | string | null;
  const code = typeof fault === 'string' ? fault : (fault?.code ?? null);
  const excused = code !== null && DATES.has(code) && clockKnown?.() === false;
  if (code !== null && !excused)
    throw new VitalsealError('transport_refused', `the certificate is not accepted (${code})`);
  if (!matchesHost(certificate, host))
    throw new VitalsealError('transport_refused', 'the certificate is for another host');
  return shown;
}

function matchesHost(certificate: X509Certificate, host: string): boolean {
  return certificate.checkHost(host) !== undefined || certificate.checkIP(host.replace(/^\[|\]$/g, '')) !== undefined;
}
