import { describe, expect, it } from 'vitest';
import { sha256 } from '../crypto.ts';
import { toHex, utf8 } from '../encoding/bytes.ts';
import { encodeCbor } from '../encoding/cbor.ts';
import { leafHash } from '../entries/codec.ts';
import { facility, gateway, ORIGIN, patient } from '../entries/people.testing.ts';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import { signReceipt } from './answer.ts';
import { FacilityClient } from './client.ts';
import { MESSAGES } from './messages.ts';
import { encodeProblem } from './problem.ts';
import { checkRequest } from './request.ts';
import type { TransportAnswer, TransportRequest } from './transport.ts';

const NOW = 1_795_255_600;
const auth = { key: gateway.key, now: () => NOW };
const h = (n: number) => new Uint8Array(32).fill(n);
const ok = (body: Uint8Array): TransportAnswer => ({ status: 200, body });

/** A client whose facility answers by `answer`, and what it was asked. */
function client(answer: (request: TransportRequest, turn: number) => TransportAnswer) {
  const asked: TransportRequest[] = [];
  const transport = async (request: TransportRequest) => {
    asked.push(request);
    return answer(request, asked.length);
  };
  return { asked, client: new FacilityClient(transport, ORIGIN) };
}

async function code(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    return error.code;
  }
}

describe('the facility client', () => {
  it('asks by the paths of the API', async () => {
    const { asked, client: c } = client(() => ok(new Uint8Array(0)));
    await c.policy();
    await c.checkpoint();
    await c.checkpoint({ min: 5, waitSeconds: 20 });
    await c.entry(9);
    await c.putBlob(h(1), utf8('blob'), auth);
    await c.putEnvelopes(h(2), utf8('set'), auth);
    await c.envelope(h(2), auth);
    for (const work of [c.user(patient.address), c.signer(patient.address), c.signerLeaves(patient.address, 3)])
      await code(work);
    for (const work of [c.ownerRecords(patient.address, 4), c.prove({ from: 1, index: 2, min: 3, waitSeconds: 4 })])
      await code(work);
    const vs = 'vs1kchgvlaz7va0uck466ckgtsky825xvrcthnpql';
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /policy',
      'GET /checkpoint',
      'GET /checkpoint?min=5&wait=20',
      'GET /v1/entries/9',
      `PUT /v1/blobs/${toHex(h(1))}`,
      `PUT /v1/epochs/${toHex(h(2))}/envelopes`,
      `GET /v1/epochs/${toHex(h(2))}/envelope`,
      `GET /v1/users/${vs}`,
      `GET /v1/signers/${vs}`,
      `GET /v1/signers/${vs}/leaves?from=3`,
      `GET /v1/owners/${vs}/records?from=4`,
      'GET /v1/prove?from=1&index=2&min=3&wait=4',
    ]);
    for (const { timeoutMs, maxBytes } of asked) {
      expect(timeoutMs).toBeGreaterThan(0);
      expect(maxBytes).toBeGreaterThan(0);
    }
    expect(asked[2]?.timeoutMs).toBeGreaterThan(20_000);
  });

  it('signs what must be signed, over method, path and body', async () => {
    const { asked, client: c } = client(() => ok(new Uint8Array(0)));
    await c.putBlob(h(1), utf8('blob'), auth);
    const { method, path, body, headers } = asked[0] as TransportRequest;
    const received = { method, path, body: body as Uint8Array, origin: ORIGIN, nowSeconds: NOW };
    expect(checkRequest(headers?.authorization, received).kid).toEqual(gateway.key.publicKey);
    const unnamed = new FacilityClient(async () => ok(new Uint8Array(0)));
    expect(await code(unnamed.putBlob(h(1), utf8('blob'), auth))).toBe('not_enrolled');
  });

  it('signs again by the facility’s clock when its own is off, once', async () => {
    const expired = { status: 401, body: encodeProblem('request_expired', '', NOW + 9999) };
    const { asked, client: c } = client((_, turn) => (turn === 1 ? expired : ok(new Uint8Array(0))));
    await c.putBlob(h(1), utf8('blob'), auth);
    await c.putBlob(h(2), utf8('blob'), auth);
    expect(asked).toHaveLength(3);
    for (const { method, path, body, headers } of asked.slice(1)) {
      const received = { method, path, body: body as Uint8Array, origin: ORIGIN, nowSeconds: NOW + 9999 };
      expect(checkRequest(headers?.authorization, received).time).toBe(NOW + 9999);
    }
    const stubborn = client(() => expired);
    expect(await code(stubborn.client.putBlob(h(1), utf8('blob'), auth))).toBe('request_expired');
    expect(stubborn.asked).toHaveLength(2);
  });

  it('takes an answer only for the very entry, of this ledger', async () => {
    const entry = utf8('entry');
    const receipt = (change = {}) =>
      signReceipt({ origin: ORIGIN, leaf: leafHash(entry), index: 4, time: NOW, ...change }, facility.key);
    const submit = (...answers: Uint8Array[]) =>
      client(() => ok(MESSAGES.answers.encode(answers))).client.submit([entry]);
    expect(await submit(receipt())).toMatchObject([{ kind: 'receipt', index: 4, kid: facility.key.publicKey }]);
    expect(await code(submit(receipt({ leaf: h(1) })))).toBe('receipt_invalid');
    expect(await code(submit(receipt({ origin: 'other' })))).toBe('receipt_invalid');
    expect(await code(submit(utf8('nonsense')))).toBe('receipt_invalid');
    expect(await code(submit())).toBe('answer_invalid');
    expect(await code(submit(receipt(), receipt()))).toBe('answer_invalid');
  });

  it('refuses a blob with another hash', async () => {
    const { client: c } = client(() => ok(utf8('blob')));
    expect(await c.blob(sha256(utf8('blob')))).toEqual(utf8('blob'));
    expect(await code(c.blob(h(1)))).toBe('blob_damaged');
  });

  it.each<[string, TransportAnswer, string]>([
    ['a problem', { status: 409, body: encodeProblem('quota_exceeded', 'x') }, 'quota_exceeded'],
    ['a proxy’s page', { status: 502, body: utf8('<html>') }, 'answer_invalid'],
    ['a redirect', { status: 302, body: new Uint8Array(0) }, 'answer_invalid'],
    ['nonsense', ok(utf8('nonsense')), 'answer_invalid'],
    ['a float', ok(Uint8Array.of(0xf9, 0, 0)), 'answer_invalid'],
    ['too many rows', ok(encodeCbor(Array.from({ length: 257 }, () => [1, utf8('e')]))), 'answer_invalid'],
    ['more bytes than asked for', ok(new Uint8Array((1 << 24) + 1)), 'answer_invalid'],
  ])('throws a code when the facility answers %s', async (_what, answer, expected) => {
    expect(await code(client(() => answer).client.user(patient.address))).toBe(expected);
  });

  it('throws a code when the facility does not answer, or not in text', async () => {
    const broken = (error: unknown) => new FacilityClient(() => Promise.reject(error));
    expect(await code(broken(new Error('ECONNREFUSED')).policy())).toBe('facility_unreachable');
    expect(await code(broken(undefined).policy())).toBe('facility_unreachable');
    expect(await code(broken(new VitalsealError('transport_refused')).policy())).toBe('transport_refused');
    expect(await code(client(() => ok(Uint8Array.of(0xff))).client.policy())).toBe('answer_invalid');
  });
});
