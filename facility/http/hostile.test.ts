// What strangers send: every answer is an error of the registry with its status, nothing else is disturbed, and no
// signature is looked at before bounds and quotas.
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { encodeCbor, generateSigningKey, MESSAGES, problemOf, randomBytes, sha256, toHex } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder, withFacility } from '../fixtures/facility.ts';
import { now, openStream, recordWish, sign } from '../fixtures/people.ts';
import { initFacility, runFacility } from '../main.ts';

async function answerOf(url: string, method = 'GET', body?: Uint8Array | string): Promise<[number, string]> {
  const answer = await fetch(url, { method, ...(body !== undefined && { body: body as string }) });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return [answer.status, answer.ok ? 'ok' : problemOf(answer.status, bytes).code];
}

describe('hostile requests', () => {
  it('are answered by a code', () =>
    withFacility(
      async ({ facility: { url } }) => {
        const zeros = '00'.repeat(32);
        const cases: [string, string, Uint8Array | string | undefined, number, string][] = [
          ['GET', '/nothing', undefined, 404, 'not_found'],
          ['DELETE', '/v1/entries', undefined, 404, 'not_found'],
          ['GET', '/v1/entries/999999', undefined, 404, 'not_found'],
          ['GET', '/v1/entries/1e3', undefined, 400, 'request_invalid'],
          ['GET', '/v1/entries/-1', undefined, 400, 'request_invalid'],
          ['GET', '/v1/users/vs1nobody', undefined, 400, 'request_invalid'],
          ['GET', `/v1/users/${'v'.repeat(500)}`, undefined, 400, 'request_invalid'],
          ['GET', '/v1/blobs/..%2f..%2fkeys%2flog', undefined, 400, 'request_invalid'],
          ['GET', `/v1/blobs/${zeros}`, undefined, 404, 'not_found'],
          ['GET', `/v1/blobs/${'AB'.repeat(32)}`, undefined, 400, 'request_invalid'],
          ['PUT', `/v1/blobs/${zeros}`, 'x', 401, 'request_unauthorised'],
          ['PUT', `/v1/epochs/${zeros}/envelopes`, 'x', 401, 'request_unauthorised'],
          ['GET', `/v1/epochs/${zeros}/envelope`, undefined, 401, 'request_unauthorised'],
          ['GET', '/tile/..%2f..%2fkeys/log', undefined, 404, 'not_found'],
          ['GET', '/tile/0/../../keys/log', undefined, 404, 'not_found'],
          ['GET', '/tile/0/000.p/3', undefined, 404, 'not_found'],
          ['GET', '/tile/0/000.p/0', undefined, 404, 'not_found'],
          ['GET', '/tile/0/000.p/02', undefined, 404, 'not_found'],
          ['GET', '/tile/64/000', undefined, 404, 'not_found'],
          ['GET', '/v1/prove?from=x', undefined, 400, 'request_invalid'],
          ['GET', '/v1/prove?from=0&index=99999', undefined, 504, 'timed_out'],
          ['GET', '/checkpoint?min=99999999999999999999', undefined, 400, 'request_invalid'],
          ['POST', '/v1/entries', '', 400, 'request_invalid'],
          ['POST', '/v1/entries', 'not cbor', 400, 'request_invalid'],
          ['POST', '/v1/entries', encodeCbor([]), 400, 'request_invalid'],
          ['POST', '/v1/entries', encodeCbor(Array(65).fill(randomBytes(10))), 400, 'request_invalid'],
          ['POST', '/v1/entries', randomBytes(2 << 20), 413, 'request_too_large'],
          ['POST', '/v1/vouch', encodeCbor(new Map([[1, 'x']])), 400, 'request_invalid'],
          ['POST', '/v1/delegations', encodeCbor(new Map()), 400, 'request_invalid'],
          ['POST', '/v1/rotations', randomBytes(300), 400, 'request_invalid'],
        ];
        for (const [method, path, body, status, code] of cases) {
          expect([path, ...(await answerOf(url + path, method, body))]).toEqual([path, status, code]);
        }
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
        const metrics = await (await fetch(`${url}/metrics`)).text();
        expect(metrics).not.toMatch(/vs1|[0-9a-f]{32}/);
      },
      { limits: { longPollSeconds: 1 } },
    ));

  it('a batch of garbage entries is refused entry by entry, signed', () =>
    withFacility(async ({ facility: { url }, enrol }) => {
      const owner = await enrol('patient');
      const stranger = { ...owner, key: generateSigningKey() };
      const wish = {
        type: 'notice' as const,
        body: { kind: 'damaged-blob' as const, about: randomBytes(32), statement: null },
      };
      const answers = await owner.client.submit([randomBytes(100), Uint8Array.of(0xd2), sign(stranger, wish)]);
      expect(answers.map((answer) => answer.kind === 'refusal' && answer.code)).toEqual([
        'entry_invalid',
        'entry_invalid',
        'signer_unknown',
      ]);
      expect(await (await fetch(`${url}/metrics`)).text()).toContain('refusals_total{code="entry_invalid"} 2');
    }));

  it('blobs: wrong hash, too large, another’s signature, more than the quota', () =>
    withFacility(
      async ({ enrol }) => {
        const gateway = await enrol('gateway');
        const put = (bytes: Uint8Array, hash = sha256(bytes), auth = gateway.auth) =>
          gateway.client.putBlob(hash, bytes, auth).then(
            () => 'stored',
            (error: { code: string }) => error.code,
          );
        const blob = randomBytes(3_000);
        expect(await put(blob, randomBytes(32))).toBe('blob_hash_mismatch');
        expect(await put(blob, sha256(blob), { key: generateSigningKey(), now })).toBe('request_unauthorised');
        expect(await put(randomBytes(5_000))).toBe('request_too_large');
        expect(await put(blob)).toBe('stored');
        expect(await put(blob)).toBe('stored');
        expect(await put(randomBytes(3_000))).toBe('quota_exceeded');
      },
      { limits: { blobBytes: 4_000, storedBytesPerUser: 5_000 } },
    ));

  it('quotas come before signatures, and one key’s does not stop another’s', () =>
    withFacility(
      async ({ facility: { url }, enrol }) => {
        const owner = await enrol('patient');
        const [busy, calm] = [await enrol('gateway'), await enrol('gateway')];
        const streams = [await openStream(busy, owner), await openStream(calm, owner)] as const;
        await pause(1_100);
        const records = Array.from({ length: 12 }, () => sign(busy, recordWish(streams[0])));
        const answers = await busy.client.submit(records);
        const kinds = answers.map((answer) => (answer.kind === 'refusal' ? answer.code : answer.kind));
        expect(kinds.slice(0, 10)).toEqual(Array(10).fill('receipt'));
        expect(kinds.slice(10)).toEqual(Array(2).fill('quota_exceeded'));
        expect(await calm.client.submit([sign(calm, recordWish(streams[1]))])).toMatchObject([{ kind: 'receipt' }]);
        // Sent again they cost nothing: they are known.
        expect(await busy.client.submit(records.slice(0, 10))).toMatchObject(Array(10).fill({ kind: 'receipt' }));
        const garbage = MESSAGES.submission.encode(Array(64).fill(randomBytes(50)));
        expect(await answerOf(`${url}/v1/entries`, 'POST', garbage)).toEqual([429, 'quota_exceeded']);
      },
      { limits: { entriesPerSecondPerKey: 5, entriesPerSecondPerAddress: 30 } },
    ));

  it('half-open and nonsense connections do not stop others, nor the end', () =>
    withFacility(async ({ facility }) => {
      const { hostname, port } = new URL(facility.url);
      const sockets = Array.from({ length: 20 }, () => connect(Number(port), hostname).on('error', () => {}));
      for (const [i, socket] of sockets.entries()) {
        socket.write(
          i % 2 === 0
            ? 'POST /v1/entries HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nabc'
            : '\0\0nonsense\r\n\r\n',
        );
      }
      const aborted = httpRequest(`${facility.url}/v1/entries`, {
        method: 'POST',
        headers: { 'content-length': 1000 },
      });
      aborted.on('error', () => {});
      aborted.write('x');
      await pause(50);
      aborted.destroy();
      expect((await fetch(`${facility.url}/healthz`)).status).toBe(200);
      const poll = fetch(`${facility.url}/checkpoint?min=1000&wait=30`);
      await pause(50);
      // Not after the minutes that a request may take: the test would run out of time.
      await facility.stop();
      expect((await poll).status).toBe(200);
      for (const socket of sockets) socket.destroy();
    }));

  it('bodies that are announced and never sent use up no more than one address may hold', () =>
    withFacility(
      async ({ facility, enrol }) => {
        const { hostname, port } = new URL(facility.url);
        const head = `PUT /v1/blobs/${'00'.repeat(32)} HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n`;
        const sockets = Array.from({ length: 8 }, () => connect(Number(port), hostname).on('error', () => {}));
        for (const socket of sockets) socket.write(head);
        const post = () => answerOf(`${facility.url}/v1/entries`, 'POST', randomBytes(3_000));
        await expect.poll(post).toEqual([503, 'facility_busy']);
        expect((await fetch(`${facility.url}/healthz`)).status).toBe(200);
        for (const socket of sockets) socket.destroy();
        await expect.poll(post).toEqual([400, 'request_invalid']);
        expect(await enrol('patient')).toMatchObject({ origin: facility.origin });
      },
      { limits: { bytesInFlight: 40_000, blobBytes: 4_000 } },
    ));

  it('plain HTTP stays on loopback, and a certificate that is none is named', () =>
    inTemporaryFolder(async (dir) => {
      await initFacility({ dir });
      const run = (listen: object) => runFacility({ dir, listen: { host: '0.0.0.0', port: 0, ...listen } });
      await expect(run({})).rejects.toMatchObject({ code: 'transport_refused' });
      await expect(run({ tls: { cert: 'x', key: 'y' } })).rejects.toMatchObject({ code: 'config_invalid' });
      const facility = await run({ allowPlainHttp: true });
      expect(toHex(sha256(new Uint8Array(await (await fetch(`${facility.url}/policy`)).arrayBuffer())))).toBe(
        facility.status().policyHash,
      );
      await facility.stop();
    }));
});
