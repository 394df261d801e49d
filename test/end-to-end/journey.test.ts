// The journey of one reading as a new user makes it: the README's commands in order, with a client that is not ours.

import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastJson, runCommand, runJson } from '../site/command.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { numberedPayload } from '../site/numbered-readings.ts';
import { Publisher } from '../site/publisher.ts';
import { type DeviceAccess, makeSite, type Site } from '../site/site.ts';
import { hasTool } from '../site/tool.ts';
import { until } from '../site/until.ts';

const run = promisify(execFile);

interface RecordRow {
  id: string;
  state: string;
  count: number;
  index: number | null;
}
interface ReadingRow {
  device: string;
  code: string;
  unit: string;
  value: string;
  record: string;
}

describe.runIf(hasTool('mosquitto_pub', 'the Debian package mosquitto-clients'))(
  'from mosquitto_pub to a proof',
  () => {
    let folder: TemporaryFolder;
    let site: Site;
    let pump: DeviceAccess;

    async function publish(topic: string, payload: Uint8Array | string, version = '311'): Promise<void> {
      const file = join(folder.dir, 'payload');
      await writeFile(file, payload);
      await run('mosquitto_pub', [
        ...['-h', '127.0.0.1', '-p', String(site.mqttPort), '-V', version, '-q', '1', '-i', `client-${version}`],
        ...['-u', pump.username, '-P', pump.password, '-t', topic, '-f', file],
      ]);
    }

    async function allProven(readings: number): Promise<void> {
      await until(`${readings} readings to be proven`, async () => (await site.status()).proven >= readings);
    }

    beforeAll(async () => {
      folder = await makeTemporaryFolder();
      site = await makeSite(folder.dir, { agentConfig: '[batch]\nmax_age_seconds = 1\nmax_readings = 1' });
      pump = await site.addDevice('pump-1');
    }, 60_000);

    afterAll(async () => {
      await site?.stop();
      await folder?.remove();
    });

    test('our JSON, SenML JSON and SenML CBOR arrive with their decimals as sent', async () => {
      await publish(
        pump.topics.json,
        '{"time":"2026-11-20T10:00:00.250Z","readings":[{"code":"MDC_FLOW_FLUID_PUMP","value":12.50,"unit":"mL/h"}]}',
      );
      await publish(
        pump.topics.senml,
        '[{"bn":"urn:dev:mac:0024befffe804ff1/","n":"temperature","u":"Cel","v":36.60}]',
        '5',
      );
      // RFC 8428 §6: [{-2: "urn:dev:", 0: "weight", 1: "kg", 2: 72.5}] with 72.5 as a half-precision float
      const senmlCbor = Buffer.from(
        '81 a4 2168 75726e3a6465763a 0066 776569676874 01626b67 02f95488'.replaceAll(' ', ''),
        'hex',
      );
      await publish(pump.topics['senml-cbor'], senmlCbor);
      await allProven(3);

      const { readings } = await runJson<{ readings: ReadingRow[] }>([
        ...['read', '--all', '--identity', site.identity, '--facility', site.facilityUrl],
      ]);
      expect(readings).toHaveLength(3);
      expect(readings[0]).toMatchObject({
        device: 'pump-1',
        code: 'MDC_FLOW_FLUID_PUMP',
        unit: 'mL/h',
        value: '12.50',
      });
      expect(readings[1]).toMatchObject({ unit: 'Cel', value: '36.60' });
      expect(readings[2]).toMatchObject({ unit: 'kg', value: '72.5' });
    }, 40_000);

    test('one record: table, CSV, proof, and its verification without network or data folder', async () => {
      const { records } = await runJson<{ records: RecordRow[] }>(['agent', 'records', '--data', site.agentDir]);
      const record = records.find((row) => row.state === 'proven');
      if (!record) throw new Error('no proven record');
      const who = ['--identity', site.identity, '--facility', site.facilityUrl];
      const csv = await runCommand(['read', record.id, ...who, '--csv']);
      expect(csv.stdout.split('\n')[0]).toMatch(/^device,code,unit,value,/);
      expect((await runCommand(['read', record.id, ...who])).code).toBe(0);

      const file = join(folder.dir, 'record.tlog-proof');
      await runJson(['agent', 'proof', record.id, '--out', file, '--data', site.agentDir]);
      expect((await readFile(file)).byteLength).toBeLessThan(2_048);
      const exported = join(folder.dir, 'export');
      await runJson(['facility', 'export', exported, '--data', site.facilityDir, '--proof', String(record.index)]);
      const policy = join(exported, 'policy');
      const verified = await runCommand(['verify', file, '--policy', policy]);
      expect(verified.stderr).toBe('');
      expect(verified.code).toBe(0);
      expect(verified.stdout).toContain('vouched for by one facility alone');
      expect(
        (await runCommand(['verify', join(exported, `${record.index}.tlog-proof`), '--policy', policy])).code,
      ).toBe(0);

      const entry = await readFile(join(folder.dir, 'record.entry'));
      entry[entry.length - 1] = (entry.at(-1) ?? 0) ^ 1;
      await copyFile(file, join(folder.dir, 'forged.tlog-proof'));
      await writeFile(join(folder.dir, 'forged.entry'), entry);
      const forged = await runCommand(['verify', join(folder.dir, 'forged.tlog-proof'), '--policy', policy, '--json']);
      expect(forged.code).toBe(1);
      expect(lastJson<{ error: { code: string } }>(forged.stdout).error.code).toMatch(/invalid/);
    }, 40_000);

    test('with every server dead, an older own entry is proven through a newer one; one no longer held says so', async () => {
      const more = 40;
      const publisher = new Publisher({
        ...{ port: site.mqttPort, username: pump.username, password: pump.password, topic: pump.topics.json },
        ...{ window: 1, perSecond: 100 },
        next: (n) => (n < more ? { payload: numberedPayload(n, 1), readings: 1 } : null),
      });
      await publisher.run();
      await allProven(3 + more);
      await site.agent.stop();
      await site.facility.stop();

      const { records } = await runJson<{ records: RecordRow[] }>(['agent', 'records', '--data', site.agentDir]);
      const proven = records.filter((row) => row.state === 'proven').sort((a, b) => (b.index ?? 0) - (a.index ?? 0));
      const [older, oldest] = [proven[5], proven.at(-1)];
      if (older === undefined || oldest === undefined) throw new Error('too few proven records');
      const file = join(folder.dir, 'offline.tlog-proof');
      await runJson(['agent', 'proof', older.id, '--out', file, '--data', site.agentDir]);
      await readFile(join(folder.dir, 'offline.own'));
      const verified = await runCommand(['verify', file, '--policy', join(folder.dir, 'export', 'policy')]);
      expect(verified).toMatchObject({ code: 0, stderr: '' });

      const gone = await runCommand(['agent', 'proof', oldest.id, '--out', file, '--data', site.agentDir, '--json']);
      expect(gone.code).toBe(1);
      expect(lastJson<{ error: { code: string } }>(gone.stdout).error.code).toBe('entry_needed');
      await site.startFacility();
      await site.startAgent();
    }, 60_000);

    test('a blob that was damaged at the facility is discarded, and the reader is told', async () => {
      const blobs = join(site.facilityDir, 'blobs');
      const files = (await readdir(blobs, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      const victim = files[0];
      if (!victim) throw new Error('no blob on the disk');
      const path = join(victim.parentPath, victim.name);
      const bytes = await readFile(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff;
      await writeFile(path, bytes);
      const outcome = await runCommand([
        ...['read', '--all', '--identity', site.identity, '--facility', site.facilityUrl, '--json'],
      ]);
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain('blob_damaged');
      expect(lastJson<{ readings: unknown[] }>(outcome.stdout).readings.length).toBe(3 + 40 - 1);
    }, 40_000);
  },
);
