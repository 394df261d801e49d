// Entries in, and what the ledger says about users, signers and owners out. Nothing here is verified for the client: it
// checks signatures and proofs itself.
import { emptyRoot, Frontier, type IndexedEntry, MAX_ROWS, MESSAGES, VitalsealError } from '@vitalseal/ledger';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Node } from '../node.ts';
import type { About } from '../state/store.ts';
import { networkOf } from './network.ts';
import { addressParameter, bodyOf, numberParameter, numberQuery } from './request.ts';

export function ledgerRoutes(app: FastifyInstance, node: Node): void {
  const { admission, state, store } = node;

  app.post('/v1/entries', async (request, reply) => {
    const entries = MESSAGES.submission.decode(bodyOf(request));
    return sendCbor(reply, MESSAGES.answers.encode(await admission.submit(networkOf(request.ip), entries)));
  });

  app.get('/v1/entries/:index', async (request, reply) => {
    const entry = store.entry(numberParameter(request.params, 'index'));
    if (entry === null) throw new VitalsealError('not_found');
    return sendBytes(reply, entry);
  });

  app.get('/v1/users/:address', async (request, reply) => {
    const address = addressParameter(request.params, 'address');
    const entries = listed(node, { kind: 'user', address }, 0);
    if (entries.length === 0) throw new VitalsealError('not_found');
    return sendCbor(reply, MESSAGES.entries.encode(entries));
  });

  app.get('/v1/signers/:address', async (request, reply) => {
    const address = addressParameter(request.params, 'address');
    const signer = state.signer(address);
    const newest = signer === null ? null : state.entryAt(address, signer.seq - 1);
    const summary = {
      seq: signer?.seq ?? 0,
      history: signer === null ? emptyRoot : Frontier.from(signer.frontier).root(),
      newestIndex: newest?.index ?? null,
      newestEntry: newest === null ? null : store.entry(newest.index),
    };
    return sendCbor(reply, MESSAGES.signer.encode(summary));
  });

  app.get('/v1/signers/:address/leaves', async (request, reply) => {
    const address = addressParameter(request.params, 'address');
    const from = numberQuery(request.query, 'from', 0);
    return sendCbor(reply, MESSAGES.leaves.encode(store.leavesOf(address, from, MAX_ROWS.leaves)));
  });

  app.get('/v1/owners/:address/records', async (request, reply) => {
    const address = addressParameter(request.params, 'address');
    const from = numberQuery(request.query, 'from', 0);
    return sendCbor(reply, MESSAGES.entries.encode(listed(node, { kind: 'owner', address }, from)));
  });
}

function listed({ store }: Node, about: About, from: number): IndexedEntry[] {
  return store.about(about, from, MAX_ROWS.entries).map((index) => {
    const entry = store.entry(index);
    if (entry === null) throw new VitalsealError('store_damaged');
    return { index, entry };
  });
}

export function sendCbor(reply: FastifyReply, bytes: Uint8Array): FastifyReply {
  return reply.type('application/cbor').header('cache-control', 'no-store').send(Buffer.from(bytes));
}

export function sendBytes(reply: FastifyReply, bytes: Uint8Array): FastifyReply {
  return reply.type('application/octet-stream').header('cache-control', 'no-cache').send(Buffer.from(bytes));
}
