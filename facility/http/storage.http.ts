// Blobs and key envelopes. Putting is for registered users, who sign; a blob is given to whoever knows its hash (it is
// sealed), an envelope only to the reader who signs for it.
import { VitalsealError } from '@vitalseal/ledger';
import type { FastifyInstance } from 'fastify';
import type { Node } from '../node.ts';
import { authorise, whoSigned } from './authorise.ts';
import { sendBytes } from './ledger.http.ts';
import type { RequestMemory } from './memory.ts';
import { bodyOf, hashParameter } from './request.ts';

/** `memory`: of which a blob on its way out takes its size, because its reader may be slow. */
export function storageRoutes(app: FastifyInstance, node: Node, memory: RequestMemory): void {
  const { blobs, envelopes, state, limits, metrics } = node;

  app.put('/v1/blobs/:hash', { bodyLimit: limits.blobBytes }, async (request, reply) => {
    const hash = hashParameter(request.params, 'hash');
    const body = bodyOf(request);
    const user = authorise(node, request);
    if (body.length === 0) throw new VitalsealError('request_invalid', 'the blob is empty');
    const stored = await blobs.put(hash, body, user.address);
    if (stored) {
      metrics.count('blobs_stored');
      metrics.count('blob_bytes_stored', body.length);
    }
    return reply.code(stored ? 201 : 200).send();
  });

  app.get('/v1/blobs/:hash', async (request, reply) => {
    const hash = hashParameter(request.params, 'hash');
    const size = await blobs.sizeOf(hash);
    if (size === null) throw new VitalsealError('not_found');
    memory.reserve(request, reply, size);
    const bytes = await blobs.read(hash);
    if (bytes === null) throw new VitalsealError('not_found');
    return sendBytes(reply, bytes);
  });

  app.put('/v1/epochs/:epoch/envelopes', { bodyLimit: limits.envelopeSetBytes }, async (request, reply) => {
    const epoch = hashParameter(request.params, 'epoch');
    const gateway = authorise(node, request);
    const opened = state.epoch(epoch);
    const own = opened !== null && Buffer.compare(opened.gateway, gateway.address) === 0 ? opened : null;
    const stored = await envelopes.put(
      gateway.address,
      epoch,
      bodyOf(request),
      own === null ? null : { root: own.envelopeRoot, count: own.envelopeCount },
    );
    if (stored) metrics.count('envelope_sets_stored');
    return reply.code(stored ? 201 : 200).send();
  });

  app.get('/v1/epochs/:epoch/envelope', async (request, reply) => {
    const epoch = hashParameter(request.params, 'epoch');
    const { user, key } = whoSigned(node, request);
    const opened = state.epoch(epoch);
    if (opened === null) throw new VitalsealError('envelope_missing');
    return sendBytes(reply, await envelopes.read(opened.gateway, epoch, user.address, key === 'recovery'));
  });
}
