// What one client can hold of a facility: connections, memory and signature work, each no more than leaves others theirs.
import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { emptyRoot, generateSigningKey, randomBytes, sha256, signEntry, toHex } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { withFacility } from '../fixtures/facility.ts';

/** Status of a request from one of the loopback addresses. */
async function statusFrom(localAddress: string, url: string): Promise<number> {
  const request = get(url, { localAddress, agent: false });
  const [answer] = await once(request, 'response');
  answer.resume();
  return answer.statusCode;
}

/** How many long polls wait, as the facility counts them. */
async function waitingOf(url: string): Promise<string | undefined> {
  return /_long_polls (\d+)/.exec(await (await fetch(`${url}/metrics`)).text())?.[1];
}

describe('one client', () => {
  it('cannot hold every connection', () =>
    withFacility(
      async ({ facility }) => {
        const { hostname, port } = new URL(facility.url);
        const sockets = Array.from({ length: 6 }, () => connect(Number(port), hostname).on('error', () => {}));
        await Promise.all(sockets.map((socket) => once(socket, 'connect')));
        await expect(statusFrom('127.0.0.1', `${facility.url}/healthz`)).rejects.toThrow();
        expect(await statusFrom('127.0.0.2', `${facility.url}/healthz`)).toBe(200);
        for (const socket of sockets) socket.destroy();
        await expect.poll(() => statusFrom('127.0.0.1', `${facility.url}/healthz`).catch(() => 0)).toBe(200);
      },
      { limits: { connectionsPerAddress: 5 } },
    ));

  it('cannot fill the memory with blobs that it does not take', () =>
    withFacility(
      async ({ facility, enrol }) => {
        const gateway = await enrol('gateway');
        const blob = randomBytes(14 << 20);
        const path = `/v1/blobs/${toHex(sha256(blob))}`;
        await gateway.client.putBlob(sha256(blob), blob, gateway.auth);
        const { hostname, port } = new URL(facility.url);
        const idle = connect(Number(port), hostname);
        idle.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
        await once(idle, 'readable');
        expect(await statusFrom('127.0.0.1', facility.url + path)).toBe(503);
        expect(await statusFrom('127.0.0.2', facility.url + path)).toBe(200);
        idle.destroy();
        await expect.poll(() => statusFrom('127.0.0.1', facility.url + path)).toBe(200);
      },
      { limits: { bytesInFlight: 80 << 20 } },
    ));

  it('gives memory back when it goes away before its answer, also for requests sent ahead', () =>
    withFacility(
      async ({ facility, enrol }) => {
        const { hostname, port } = new URL(facility.url);
        for (let n = 0; n < 5; n++) {
          const socket = connect(Number(port), hostname).on('error', () => {});
          socket.write('GET /checkpoint?min=999999&wait=30 HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n');
          socket.write('x'.repeat(900));
          socket.write('POST /v1/entries HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n');
          socket.write('x'.repeat(900));
          await pause(50);
          socket.destroy();
        }
        await expect.poll(() => waitingOf(facility.url)).toBe('0');
        expect(await enrol('patient')).toMatchObject({ origin: facility.origin });
      },
      { limits: { bytesInFlight: 24_000 } },
    ));

  it('cannot hold every long poll', () =>
    withFacility(
      async ({ facility }) => {
        const url = `${facility.url}/checkpoint?min=999999&wait=30`;
        const polls = [get(url, { agent: false }), get(url, { localAddress: '127.0.0.2', agent: false })];
        for (const poll of polls) poll.on('error', () => {});
        const waiting = () => waitingOf(facility.url);
        await expect.poll(waiting).toBe('2');
        // One more than its share: answered at once, with the checkpoint that there is.
        expect(await statusFrom('127.0.0.1', url)).toBe(200);
        expect(await waiting()).toBe('2');
        for (const poll of polls) poll.destroy();
        await expect.poll(waiting).toBe('0');
      },
      { limits: { longPolls: 4 } },
    ));

  it('cannot have many signatures of strangers verified', () =>
    withFacility(
      async ({ facility, enrol }) => {
        const { client, recovery } = await enrol('patient');
        const stranger = () => {
          const key = generateSigningKey();
          const { recipient } = recovery.age;
          return signEntry(
            {
              ...{ origin: facility.origin, signer: randomBytes(20), seq: 0, history: emptyRoot },
              ...{ seen: { size: 0, root: emptyRoot }, type: 'user.register' },
              body: {
                ...{ signingKey: key.publicKey, recipient, recoveryRecipient: recipient, role: 'patient' },
                ...{ recoverySigningKey: generateSigningKey().publicKey, recoveryProof: randomBytes(64) },
                ...{ minted: false, voucher: { registrar: randomBytes(20), signature: randomBytes(64) } },
              },
            },
            key,
          );
        };
        const answers = await client.submit(Array.from({ length: 12 }, stranger));
        const codes = answers.map((answer) => answer.kind === 'refusal' && answer.code);
        expect(codes.filter((code) => code === 'quota_exceeded').length).toBeGreaterThanOrEqual(8);
        expect(codes[0]).not.toBe('quota_exceeded');
      },
      { limits: { newcomersPerSecondPerAddress: 2 } },
    ));
});
