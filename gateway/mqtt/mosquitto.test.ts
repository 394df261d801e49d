// A client that is not ours: mosquitto_pub of the Debian package mosquitto-clients, over TCP and TLS, in both versions.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORDS, PAYLOAD, startBroker, TestSink } from './broker.testing.ts';
import { selfSigned } from './tls.testing.ts';

const installed = (() => {
  try {
    execFileSync('mosquitto_pub', ['--help'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    // --help exits with 1; only a missing program is missing.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
})();
if (!installed) console.log('skipped: mosquitto_pub is not installed (Debian package mosquitto-clients)');
if (!installed && process.env.CI === 'true') throw new Error('mosquitto_pub is needed in CI');

describe.skipIf(!installed)('mosquitto_pub', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitalseal-mosquitto-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.each(['mqttv311', 'mqttv5'])('%s', (version) => {
    it.each([
      [0, false],
      [1, false],
      [2, false],
      [1, true],
    ] as const)('publishes with QoS %d (TLS %j)', async (qos, secure) => {
      const tls = selfSigned();
      const sink = new TestSink();
      const broker = await startBroker(sink, secure ? { tls } : {});
      try {
        const args = ['-h', '127.0.0.1', '-p', `${broker.port}`, '-V', version, '-q', `${qos}`, '-i', 'a-mosquitto'];
        args.push('-u', 'monitor', '-P', PASSWORDS.monitor ?? '', '-t', 'vitalseal/monitor/json', '-m', PAYLOAD);
        if (secure) {
          writeFileSync(join(folder, 'ca.pem'), tls.cert);
          args.push('--cafile', join(folder, 'ca.pem'));
        }
        await promisify(execFile)('mosquitto_pub', args);
        expect(sink.deliveries).toMatchObject([
          { kind: 'readings', device: 'monitor', origin: { user: 'monitor', client: 'a-mosquitto' } },
        ]);
      } finally {
        await broker.stop();
      }
    });

    it('fails with a wrong password', async () => {
      const broker = await startBroker(new TestSink());
      try {
        const args = ['-h', '127.0.0.1', '-p', `${broker.port}`, '-V', version, '-u', 'monitor', '-P', 'wrong'];
        const run = promisify(execFile)('mosquitto_pub', [...args, '-t', 'vitalseal/monitor/json', '-m', PAYLOAD]);
        await expect(run).rejects.toThrow();
      } finally {
        await broker.stop();
      }
    });
  });
});
