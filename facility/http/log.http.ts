// The log as anyone may read it: health, metrics, policy, checkpoint, tiles (C2SP tlog-tiles), proofs.
import { isVitalsealError, MESSAGES, VitalsealError } from '@vitalseal/ledger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Reservations } from '../admission/reservations.ts';
import type { Published } from '../log/publisher.ts';
import type { Node } from '../node.ts';
import { networkOf } from './network.ts';
import { numberQuery } from './request.ts';

const TEXT = 'text/plain; charset=utf-8';
const IMMUTABLE = 'public, max-age=31536000, immutable';

export function logRoutes(app: FastifyInstance, node: Node): void {
  const polls = new Reservations(node.limits.longPolls);

  app.get('/healthz', async (_request, reply) => {
    if (!node.engine.running) throw new VitalsealError('engine_stopped');
    return reply.type(TEXT).header('cache-control', 'no-store').send('ok\n');
  });

  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(node.metrics.text(node.gauges())),
  );

  app.get('/policy', async (_request, reply) => reply.type(TEXT).send(node.policyText));

  app.get('/checkpoint', async (request, reply) => {
    const { note } = await finalCheckpoint(node, polls, request, reply);
    return reply.type(TEXT).header('cache-control', 'no-cache').send(note);
  });

  app.get('/tile/*', async (request, reply) => {
    const path = request.url.slice(1).split('?')[0] as string;
    const bytes = await node.tiles.read(path);
    return reply.type('application/octet-stream').header('cache-control', IMMUTABLE).send(Buffer.from(bytes));
  });

  app.get('/v1/prove', async (request, reply) => {
    const from = numberQuery(request.query, 'from', 0);
    const index = numberQuery(request.query, 'index', 0);
    const published = await finalCheckpoint(node, polls, request, reply, Math.max(from, index + 1));
    const answer = node.tiles.prove(published, from, index);
    return reply
      .type('application/cbor')
      .header('cache-control', 'no-cache')
      .send(Buffer.from(MESSAGES.prove.encode(answer)));
  });
}

/** The final checkpoint, after a long poll when the client asks for a size that is not there yet. */
async function finalCheckpoint(
  node: Node,
  polls: Reservations,
  request: FastifyRequest,
  reply: FastifyReply,
  atLeast = 0,
): Promise<Published> {
  const { publisher, limits } = node;
  const min = Math.max(numberQuery(request.query, 'min', 0), atLeast);
  const seconds = Math.min(numberQuery(request.query, 'wait', 0), limits.longPollSeconds);
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  // With too many waiting, here or from this network, the newest there is, at once: the client asks again.
  const place = {};
  const ms = seconds > 0 && hasPlace(polls, place, networkOf(request.ip)) ? seconds * 1_000 : 0;
  const published = await publisher.waitFor(min, ms, gone.signal).finally(() => polls.release(place));
  if (published === null) throw new VitalsealError('not_found', 'no checkpoint is final yet');
  return published;
}

function hasPlace(polls: Reservations, place: object, network: string): boolean {
  try {
    polls.reserve(place, network, 1);
    return true;
  } catch (error) {
    if (isVitalsealError(error, 'facility_busy')) return false;
    throw error;
  }
}
