// Whose reading is it? A device's readings go to the owner it was assigned to when they came; those of nobody's device are held, go to
// the next owner and never to the last; and each patient can read their own and nothing else.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastJson, runCommand, runJson } from '../site/command.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { deliver, readAll } from '../site/numbered-delivery.ts';
import { enrolPatient, type PersonAccess } from '../site/people.ts';
import { Session } from '../site/session.ts';
import { type DeviceAccess, makeSite, type Site } from '../site/site.ts';
import { until } from '../site/until.ts';

const NOBODY_YET = 'vs1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq';

describe('devices and their owners', () => {
  let folder: TemporaryFolder;
  let site: Site;
  let first: PersonAccess;
  let second: PersonAccess;
  let band: DeviceAccess;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    site = await makeSite(folder.dir, { agentConfig: '[batch]\nmax_age_seconds = 1' });
    first = { address: site.owner, identity: site.identity };
    second = await enrolPatient(site, 'second');
  }, 60_000);

  afterAll(async () => {
    await site?.stop();
    await folder?.remove();
  });

  const devices = (...args: string[]) => runJson(['agent', 'devices', ...args, '--data', site.agentDir]);
  const refusedDevices = async (...args: string[]): Promise<string> => {
    const outcome = await runCommand(['agent', 'devices', ...args, '--data', site.agentDir, '--json']);
    expect(outcome.code).not.toBe(0);
    return lastJson<{ error: { code: string } }>(outcome.stdout).error.code;
  };
  const numbersOf = async ({ identity }: PersonAccess): Promise<number[]> =>
    (await readAll(site, identity)).map(({ value }) => Number(value)).toSorted((a, b) => a - b);
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  const proven = (count: number) =>
    until(`${count} readings to be proven`, async () => {
      const status = await site.status();
      return status.proven === count && status.backlog.batches === 0;
    });

  test('add shows the password once, and list never does', async () => {
    band = (await devices('add', 'band-1')) as unknown as DeviceAccess;
    expect(band).toMatchObject({
      ...{ device: 'band-1', username: 'band-1' },
      topics: {
        ...{ json: 'vitalseal/band-1/json', senml: 'vitalseal/band-1/senml' },
        'senml-cbor': 'vitalseal/band-1/senml-cbor',
      },
    });
    const listed = await runCommand(['agent', 'devices', 'list', '--data', site.agentDir, '--json']);
    expect(lastJson(listed.stdout)).toMatchObject({ devices: [{ device: 'band-1', owner: 'enrolled' }] });
    expect(listed.stdout + listed.stderr).not.toContain(band.password);
  });

  test('what is wrong is refused with a code and changes nothing', async () => {
    expect(await refusedDevices('add', 'band-1')).toBe('device_invalid');
    expect(await refusedDevices('add', 'a/b')).toBe('device_invalid');
    expect(await refusedDevices('add', '../etc')).toBe('device_invalid');
    expect(await refusedDevices('add', '+')).toBe('device_invalid');
    expect(await refusedDevices('assign', 'nobody-1', '--owner', 'none')).toBe('device_unknown');
    expect(await refusedDevices('remove', 'nobody-1')).toBe('device_unknown');
    expect(await refusedDevices('assign', 'band-1', '--owner', NOBODY_YET)).toBe('address_invalid');
    expect(await devices('list')).toMatchObject({ devices: [{ device: 'band-1', owner: 'enrolled' }] });
  }, 30_000);

  test('unsaid, a device brings the readings of the enrolled owner', async () => {
    await deliver(site, band, 0, 10);
    await proven(10);
    expect(await numbersOf(first)).toEqual(range(0, 10));
    expect(await numbersOf(second)).toEqual([]);
  }, 30_000);

  test('assigned to nobody, its readings are acknowledged, held and shown; none is registered', async () => {
    await devices('assign', 'band-1', '--owner', 'none');
    await deliver(site, band, 10, 10);
    await until('ten readings to be held', async () => (await site.status()).held === 10);
    const status = await site.status();
    expect(status).toMatchObject({ held: 10, proven: 10, backlog: { readings: 10, batches: 0 } });
    await site.agent.stop();
    await site.startAgent();
    expect(await site.status()).toMatchObject({ held: 10, proven: 10 });
  }, 30_000);

  test('assigned while the agent is stopped, the held ones go to the new owner, never to the last patient', async () => {
    await site.agent.stop();
    await devices('assign', 'band-1', '--owner', second.address);
    expect(await devices('list')).toMatchObject({ devices: [{ device: 'band-1', owner: second.address }] });
    await site.startAgent();
    await deliver(site, band, 20, 10);
    await proven(30);
    expect(await site.status()).toMatchObject({ held: 0, backlog: { readings: 0 } });
    expect(await numbersOf(second)).toEqual(range(10, 30));
    expect(await numbersOf(first)).toEqual(range(0, 10));
  }, 40_000);

  test('handed over while it sends, each reading is of exactly one of the two, none of both', async () => {
    const sending = deliver(site, band, 30, 200);
    await devices('assign', 'band-1', '--owner', first.address);
    await sending;
    await deliver(site, band, 230, 10);
    await proven(240);
    const [one, two] = [await numbersOf(first), await numbersOf(second)];
    expect([...one, ...two].toSorted((a, b) => a - b)).toEqual(range(0, 240));
    expect(one.slice(-10)).toEqual(range(230, 240));
  }, 40_000);

  test('neither patient can open a record of the other, and a stranger none', async () => {
    const { records } = await runJson<{ records: { id: string }[] }>(['agent', 'records', '--data', site.agentDir]);
    const stranger = await enrolPatient(site, 'stranger');
    const opened = { first: 0, second: 0, stranger: 0 };
    for (const { id } of records.slice(0, 4)) {
      for (const [who, { identity }] of Object.entries({ first, second, stranger })) {
        const outcome = await runCommand([
          ...['read', id, '--identity', identity, '--facility', site.facilityUrl, '--json'],
        ]);
        if (outcome.code === 0) opened[who as keyof typeof opened] += 1;
        else
          expect(lastJson<{ error: { code: string } }>(outcome.stdout).error.code).toMatch(
            /not_found|envelope_|unauth/,
          );
      }
    }
    expect(opened.first + opened.second).toBe(Math.min(4, records.length));
    expect(opened.stranger).toBe(0);
    expect(await numbersOf(stranger)).toEqual([]);
  }, 60_000);

  test('removed while connected, it is put out at once and cannot come back; what it brought stays', async () => {
    const session = new Session(site.mqttPort, 5);
    expect(await session.login(band)).toBe(0);
    await devices('remove', 'band-1');
    await session.wasClosed();
    expect(session.farewell).toBe(0x98);
    const again = new Session(site.mqttPort, 4);
    expect(await again.login(band)).toBe(4);
    expect(await devices('list')).toEqual({ devices: [] });
    expect(await site.status()).toMatchObject({ proven: 240, devices: 0 });
    const anew = (await devices('add', 'band-1')) as unknown as DeviceAccess;
    expect(anew.password).not.toBe(band.password);
  }, 30_000);
});
