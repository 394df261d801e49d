import { execFileSync, spawnSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openFacility } from './facility.http.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(answer: RequestListener, server: Server = createServer(answer)): Promise<number> {
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function open(...[link]: Parameters<typeof openFacility>): ReturnType<typeof openFacility> {
  const connection = openFacility(link);
  closing.push(() => connection.close());
  return connection;
}

describe('the way to the facility', () => {
  it('keeps its connection, bounds answers and time, and follows no redirect', async () => {
    let connections = 0;
    const server = createServer(({ url }, answer) => {
      if (url === '/n/slow') return;
      if (url === '/n/cut') {
        answer.writeHead(200, { 'content-length': '100' });
        answer.write('x', () => answer.destroy());
      } else if (url === '/n/moved') answer.writeHead(302, { location: '/n/large' }).end();
      else answer.end(Buffer.alloc(1000));
    });
    server.on('connection', () => {
      connections += 1;
    });
    const port = await serve(() => undefined, server);
    const { transport, probe, pinSeen } = open({ url: `http://127.0.0.1:${port}/n/` });
    const get = (path: string, maxBytes = 1000) => transport({ method: 'GET', path, maxBytes, timeoutMs: 200 });
    for (let i = 0; i < 3; i++) expect((await get('/x')).body).toHaveLength(1000);
    expect((await get('/moved')).status).toBe(302);
    expect(connections).toBe(1);
    await expect(get('/x', 999)).rejects.toMatchObject({ code: 'answer_invalid' });
    await expect(get('/slow')).rejects.toMatchObject({ code: 'timed_out' });
    await expect(get('/cut')).rejects.toThrow();
    expect(await probe()).toBe(true);
    expect(pinSeen()).toBeNull();
  });

  it('says that nobody is there', async () => {
    const { transport, probe } = open({ url: 'http://127.0.0.1:9' });
    expect(await probe()).toBe(false);
    await expect(transport({ method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'facility_unreachable',
      message: 'the facility at 127.0.0.1:9 cannot be reached: nobody listens there (ECONNREFUSED)',
    });
  });

  it('goes in plain text to loopback only, unless it is told otherwise', () => {
    for (const url of ['http://127.0.0.1:1', 'http://localhost', 'http://[::1]:1', 'https://facility.example'])
      open({ url });
    for (const url of ['http://10.0.0.1', 'http://127.0.0.1.example', 'http://localhost.example']) {
      expect(() => openFacility({ url })).toThrow(expect.objectContaining({ code: 'transport_refused' }));
      open({ url, allowPlain: true });
    }
    for (const url of ['nonsense', '127.0.0.1:8440', 'ftp://127.0.0.1'])
      expect(() => openFacility({ url, allowPlain: true })).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it.skipIf(withoutOpenssl())('believes over TLS its authority, or the pinned key alone', async () => {
    const [own, other, old] = [certificate('localhost'), certificate('localhost'), expired(certificate('localhost'))];
    const get = async (link: Parameters<typeof openFacility>[0]) =>
      (await open(link).transport({ method: 'GET', path: '/' })).status;
    const started = async (pair: { key: string; cert: string }) => {
      const port = await serve(
        () => undefined,
        createTlsServer(pair, (_request, answer) => void answer.end('ok')),
      );
      return `https://localhost:${port}`;
    };
    const url = await started(own);
    const connection = open({ url, ca: Buffer.from(own.cert) });
    expect((await connection.transport({ method: 'GET', path: '/' })).status).toBe(200);
    const pin = connection.pinSeen() as string;
    expect(pin).toMatch(/^[0-9a-f]{64}$/);
    expect(await get({ url, pin })).toBe(200);
    const refused = expect.objectContaining({ code: 'transport_refused' });
    await expect(get({ url })).rejects.toEqual(refused);
    await expect(get({ url, ca: Buffer.from(other.cert) })).rejects.toEqual(refused);
    await expect(get({ url, ca: Buffer.from(own.cert), pin: pin.replace(/./g, '0') })).rejects.toEqual(refused);
    await expect(get({ url: url.replace('localhost', '127.0.0.1'), ca: Buffer.from(own.cert) })).rejects.toEqual(
      refused,
    );

    const urlOfOld = await started(old);
    const ca = Buffer.from(old.cert);
    await expect(get({ url: urlOfOld, ca })).rejects.toEqual(refused);
    await expect(get({ url: urlOfOld, ca, clockKnown: () => true })).rejects.toEqual(refused);
    expect(await get({ url: urlOfOld, ca, clockKnown: () => false })).toBe(200);
    // Nobody's dates are believed then, but a stranger is still a stranger.
    const stranger = { url: urlOfOld, clockKnown: () => false };
    await expect(get(stranger)).rejects.toEqual(refused);
    await expect(get({ ...stranger, ca: Buffer.from(own.cert) })).rejects.toEqual(refused);

    const authority = certificate('authority');
    const issued = { url: await started(expired(certificate('localhost', authority), authority.key)) };
    const atSea = { ...issued, clockKnown: () => false };
    expect(await get({ ...atSea, ca: Buffer.from(`${own.cert}${authority.cert}`) })).toBe(200);
    await expect(get({ ...issued, ca: Buffer.from(authority.cert) })).rejects.toEqual(refused);
    await expect(get({ ...atSea, ca: Buffer.from(certificate('authority').cert) })).rejects.toEqual(refused);
  });
});

/** Self-signed, and an authority; or signed by one. */
function certificate(host: string, authority?: { key: string; cert: string }): { key: string; cert: string } {
  const dir = mkdtempSync(join(tmpdir(), 'vitalseal-tls-'));
  try {
    const [key, cert] = [join(dir, 'key'), join(dir, 'crt')];
    const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const run = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe' });
    if (authority === undefined) run('req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject);
    else {
      const [request, by, byKey] = [join(dir, 'req'), join(dir, 'by'), join(dir, 'by-key')];
      writeFileSync(by, authority.cert);
      writeFileSync(byKey, authority.key);
      run('req', '-new', ...curve, '-keyout', key, '-out', request, ...subject);
      run('x509', '-req', '-in', request, '-CA', by, '-CAkey', byKey, '-copy_extensions', 'copy', '-out', cert);
    }
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The same certificate with times long past, signed again: this openssl makes none that begins in the past. */
function expired({ key, cert }: { key: string; cert: string }, signer = key): { key: string; cert: string } {
  const der = Buffer.from(cert.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const tbs = der.subarray(4, 8 + der.readUInt16BE(6));
  let times = 0;
  for (let at = 0; at < tbs.length; at++) {
    if (tbs[at] !== 0x17 || tbs[at + 1] !== 13) continue; // UTCTime of 13 characters
    tbs.write(times++ === 0 ? '200101000000Z' : '200201000000Z', at + 2, 'latin1');
  }
  const signature = sign('sha256', tbs, signer);
  const algorithm = Buffer.from('300a06082a8648ce3d040302', 'hex'); // ecdsa-with-SHA256
  const bits = Buffer.concat([Buffer.from([0x03, signature.length + 1, 0]), signature]);
  const body = Buffer.concat([tbs, algorithm, bits]);
  const whole = Buffer.concat([Buffer.from([0x30, 0x82, body.length >> 8, body.length & 255]), body]);
  return {
    key,
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}

function withoutOpenssl(): boolean {
  if (spawnSync('openssl', ['version']).status === 0) return false;
  console.warn('skipped: the TLS test makes its certificates with openssl, which is not installed');
  return true;
}
