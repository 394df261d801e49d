import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { httpTransport } from './facility.http.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: RequestListener, server: Server = createServer(answer)): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('HTTP to a facility', () => {
  it('carries method, path with query, headers and body, below the prefix of its URL', async () => {
    let seen = '';
    const port = await serve((request, answer) => {
      seen = `${request.method} ${request.url} ${request.headers['content-length']} ${request.headers['x-a']}`;
      request.pipe(answer);
    });
    const transport = httpTransport(`http://127.0.0.1:${port}/node/`);
    const body = Uint8Array.of(1, 2, 3);
    const answer = await transport({ method: 'POST', path: '/v1/x?a=1', body, headers: { 'x-a': 'b' } });
    expect(seen).toBe('POST /node/v1/x?a=1 3 b');
    expect([answer.status, ...answer.body]).toEqual([200, 1, 2, 3]);
  });

  it('stops at the bound, at the time, and at a broken answer; follows no redirect', async () => {
    const port = await serve(({ url }, answer) => {
      if (url === '/slow') return;
      if (url === '/cut') {
        answer.writeHead(200, { 'content-length': '100' });
        answer.write('x', () => answer.destroy());
      } else if (url === '/moved') answer.writeHead(302, { location: '/large' }).end();
      else answer.end(Buffer.alloc(100_000));
    });
    const transport = httpTransport(`http://127.0.0.1:${port}`);
    const get = (path: string, maxBytes = 1000) => transport({ method: 'GET', path, maxBytes, timeoutMs: 300 });
    await expect(get('/large')).rejects.toMatchObject({ code: 'answer_invalid' });
    await expect(get('/slow')).rejects.toMatchObject({ code: 'timed_out' });
    await expect(get('/cut')).rejects.toMatchObject({ code: 'facility_unreachable' });
    expect((await get('/moved')).status).toBe(302);
    expect((await get('/large', 100_000)).body.length).toBe(100_000);
  });

  it('goes in plain text to loopback only', () => {
    for (const url of ['http://127.0.0.1:1', 'http://localhost', 'http://[::1]:1', 'https://facility.example']) {
      expect(() => httpTransport(url)).not.toThrow();
    }
    for (const url of ['http://10.0.0.1', 'http://127.0.0.1.example', 'ftp://127.0.0.1', 'file:///x']) {
      expect(() => httpTransport(url)).toThrow(expect.objectContaining({ code: 'transport_refused' }));
    }
    expect(() => httpTransport('nonsense')).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it.skipIf(withoutOpenssl())('believes over TLS only the certificates that it was given', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vitalseal-tls-'));
    try {
      const pem = (name: string) => {
        const [key, cert] = [join(dir, `${name}.key`), join(dir, `${name}.crt`)];
        const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
        const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
        execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject], {
          stdio: 'pipe',
        });
        return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
      };
      const [own, other] = [pem('own'), pem('other')];
      const port = await serve(
        () => undefined,
        createTlsServer(own, (_request, answer) => void answer.end('ok')),
      );
      const url = `https://localhost:${port}`;
      const ask = { method: 'GET', path: '/' } as const;
      expect((await httpTransport(url, { ca: own.cert })(ask)).status).toBe(200);
      await expect(httpTransport(url, { ca: other.cert })(ask)).rejects.toThrow();
      await expect(httpTransport(url)(ask)).rejects.toThrow();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

function withoutOpenssl(): boolean {
  if (spawnSync('openssl', ['version']).status === 0) return false;
  console.warn('skipped: the TLS test makes its certificates with openssl, which is not installed');
  return true;
}
