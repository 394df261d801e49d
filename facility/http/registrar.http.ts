// What the registrar does for others: vouch, delegate, rotate.
import { MESSAGES, toHex, VitalsealError } from '@vitalseal/ledger';
import type { FastifyInstance } from 'fastify';
import { Quota } from '../admission/quota.ts';
import type { Node } from '../node.ts';
import { authorise } from './authorise.ts';
import { sendBytes, sendCbor } from './ledger.http.ts';
import { bodyOf } from './request.ts';

export function registrarRoutes(app: FastifyInstance, node: Node): void {
  const { registrar, answers, limits } = node;
  const delegations = new Quota({
    perSecond: limits.delegationsPerSecondPerGateway,
    burst: 20 * limits.delegationsPerSecondPerGateway,
    clock: () => performance.now(),
  });

  app.post('/v1/vouch', async (request, reply) =>
    sendCbor(reply, MESSAGES.vouched.encode(registrar.vouch(MESSAGES.vouch.decode(bodyOf(request))))),
  );

  app.post('/v1/delegations', async (request, reply) => {
    const { owner, end } = MESSAGES.delegation.decode(bodyOf(request));
    const gateway = authorise(node, request);
    if (gateway.role !== 'gateway') throw new VitalsealError('authority_invalid', 'not a gateway');
    if (!delegations.take(toHex(gateway.address))) throw new VitalsealError('quota_exceeded');
    const { leaf, index } = await registrar.delegate(gateway.address, owner, end);
    return sendBytes(reply, answers.receipt(leaf, index));
  });

  app.post('/v1/rotations', async (request, reply) => {
    const { leaf, index } = await registrar.rotate(MESSAGES.rotation.decode(bodyOf(request)));
    return sendBytes(reply, answers.receipt(leaf, index));
  });
}
