// The facility's HTTP server: bounds on everything that a stranger can open or send, one shape of error, and a close
// that lets what is under way finish.
import type { AddressInfo } from 'node:net';
import {
  cannotListen,
  ERRORS,
  type ErrorCode,
  encodeProblem,
  isVitalsealError,
  VitalsealError,
} from '@vitalseal/ledger';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Quota } from '../admission/quota.ts';
import type { Node } from '../node.ts';
import { isStoreError, storeError } from '../store-error.ts';
import { limitConnections } from './connections.ts';
import { ledgerRoutes } from './ledger.http.ts';
import { logRoutes } from './log.http.ts';
import { RequestMemory } from './memory.ts';
import { networkOf } from './network.ts';
import { registrarRoutes } from './registrar.http.ts';
import { storageRoutes } from './storage.http.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Plain HTTP elsewhere than on loopback. */
  readonly allowPlainHttp?: boolean;
}

export interface HttpServer {
  readonly url: string;
  close(): Promise<void>;
}

const CLOSE_MS = 3_000;

/** Listens. Throws `transport_refused` for plain HTTP beyond loopback, `cannot_listen`, `config_invalid` when the certificate is none. */
export async function serveHttp(node: Node, options: ListenOptions): Promise<HttpServer> {
  const { host, port, tls } = options;
  if (tls === undefined && options.allowPlainHttp !== true && !isLoopback(host)) {
    throw new VitalsealError(
      'transport_refused',
      'plain HTTP is served on loopback only; give --tls-cert and --tls-key, or --allow-plain-http',
    );
  }
  const app = createApp(node, tls);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw cannotListen(host, port, error);
  }
  const address = app.server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${address.port}`,
    async close() {
      // Whoever has not sent a whole request by then is not waited for.
      const force = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS);
      await app.close();
      clearTimeout(force);
    },
  };
}

/** The server without a socket, for tests too. */
export function createApp(node: Node, tls?: { readonly cert: string; readonly key: string }): FastifyInstance {
  const { limits, metrics } = node;
  const options = {
    bodyLimit: limits.entryBodyBytes,
    routerOptions: { maxParamLength: 128 },
    connectionTimeout: 60_000,
    // A large blob over a slow line.
    requestTimeout: 300_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: 'idle' as const,
    return503OnClosing: true,
    exposeHeadRoutes: false,
    frameworkErrors: (_error: Error, _request: FastifyRequest, reply: FastifyReply) =>
      void sendProblem(reply, new VitalsealError('request_invalid')),
    clientErrorHandler(_error: Error, socket: import('node:net').Socket) {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    },
  };
  let app: FastifyInstance;
  try {
    app = tls === undefined ? fastify(options) : (fastify({ ...options, https: { ...tls } }) as never);
  } catch {
    throw new VitalsealError('config_invalid', 'the certificate or its key cannot be used');
  }
  limitConnections(app.server, limits.connections, limits.connectionsPerAddress);
  app.server.headersTimeout = 15_000;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const requests = new Quota({
    perSecond: limits.requestsPerSecondPerAddress,
    burst: 2 * limits.requestsPerSecondPerAddress,
    clock: () => performance.now(),
  });
  const memory = new RequestMemory(limits.bytesInFlight);
  app.addHook('onRequest', async (request, reply) => {
    if (!requests.take(networkOf(request.ip))) throw new VitalsealError('quota_exceeded');
    const limit = request.routeOptions.bodyLimit ?? limits.entryBodyBytes;
    const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
    const announced = length !== undefined ? Number(length) : chunked !== undefined ? limit : 0;
    memory.reserve(request, reply, Math.min(announced, limit));
  });
  app.addHook('onResponse', async (_request, reply) => {
    metrics.count('requests');
    if (reply.statusCode >= 400) metrics.count('requests_failed');
  });
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, new VitalsealError('not_found')));
  app.setErrorHandler((error, _request, reply) => {
    const known = asProblem(error);
    if (ERRORS[known.code].http === 500) {
      node.log.error({ code: known.code, kind: (error as Error).name }, 'a request failed');
    }
    return sendProblem(reply, known);
  });

  logRoutes(app, node);
  ledgerRoutes(app, node);
  storageRoutes(app, node, memory);
  registrarRoutes(app, node);
  return app;
}

function sendProblem(reply: FastifyReply, { code, message }: VitalsealError): FastifyReply {
  // A gateway without a clock learns the time here, and signs its request again.
  const time = code === 'request_expired' ? Math.floor(Date.now() / 1000) : undefined;
  return reply
    .code(ERRORS[code].http)
    .header('content-type', 'application/cbor')
    .header('cache-control', 'no-store')
    .send(Buffer.from(encodeProblem(code, message, time)));
}

const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request_invalid',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request_invalid',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'request_invalid',
  FST_ERR_BAD_URL: 'request_invalid',
  FST_ERR_MAX_PARAM_LENGTH_EXCEEDED: 'request_invalid',
};

function asProblem(error: unknown): VitalsealError {
  if (isVitalsealError(error)) return error;
  if (isStoreError(error)) return storeError(error);
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  const known = FASTIFY_CODES[code ?? ''];
  if (known !== undefined) return new VitalsealError(known);
  // The message of an unknown error may hold anything, so nobody gets it.
  return new VitalsealError(statusCode !== undefined && statusCode < 500 ? 'request_invalid' : 'internal');
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
