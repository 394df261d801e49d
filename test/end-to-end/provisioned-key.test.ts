// A gateway that is handed a key pair which the facility minted: it makes its own keys at once, so that the handed-over ones are void,
// and works like any other. Nothing is ever sealed to a minted person whose keys were not rotated.

import { copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastJson, runCommand, runJson } from '../site/command.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { allProven, compareRead, deliver, exactlyOnce, readAll } from '../site/numbered-delivery.ts';
import { type DeviceAccess, makeSite, type Site } from '../site/site.ts';
import { until } from '../site/until.ts';

describe('a provisioned key', () => {
  let folder: TemporaryFolder;
  let site: Site;
  let keyFile: string;
  let access: DeviceAccess;

  const mint = async (role: string, ...file: string[]) =>
    runJson<{ address: string; key: string }>([
      ...['facility', 'invite', '--role', role, '--mint', ...file, '--data', site.facilityDir],
    ]);
  const enrol = (dir: string, key: string) =>
    runCommand([
      ...['agent', 'enroll', '--facility', site.facilityUrl, '--key', key, '--owner', site.owner],
      ...['--data', dir, '--json'],
    ]);
  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    keyFile = join(folder.dir, 'gateway.key');
    site = await makeSite(folder.dir, { mintedKey: keyFile, agentConfig: '[batch]\nmax_age_seconds = 1' });
    access = await site.addDevice('monitor-1');
  }, 60_000);

  afterAll(async () => {
    await site?.stop();
    await folder?.remove();
  });

  test('is written for its owner alone, and never over another file', async () => {
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(keyFile, 'utf8')).toContain('AGE-SECRET-KEY-PQ-');
    const again = await runCommand([
      ...['facility', 'invite', '--role', 'gateway', '--mint', keyFile, '--data', site.facilityDir, '--json'],
    ]);
    expect(again.code).toBe(2);
  });

  test('is replaced at enrolment: the agent keeps the address and has other keys', async () => {
    const [own, handed] = [await readFile(join(site.agentDir, 'identity'), 'utf8'), await readFile(keyFile, 'utf8')];
    const part = (text: string, what: RegExp) => what.exec(text)?.[1];
    for (const secret of [/signing-key: ([0-9a-f]{64})/, /(AGE-SECRET-KEY-PQ-\w+)/]) {
      expect(part(own, secret)).toBeDefined();
      expect(part(own, secret)).not.toBe(part(handed, secret));
    }
    expect(part(own, /address: (\w+)/)).toBe(part(handed, /address: (\w+)/));
    expect((await stat(join(site.agentDir, 'identity'))).mode & 0o777).toBe(0o600);
    await deliver(site, access, 0, 20);
    await allProven(site, 20);
    expect(await compareRead(site, 20)).toEqual(exactlyOnce(20));
    expect(await site.status()).toMatchObject({ address: part(handed, /address: (\w+)/), forked: false });
  }, 60_000);

  test('enrolled with again, it changes nothing', async () => {
    await site.agent.stop();
    const before = await readFile(join(site.agentDir, 'identity'), 'utf8');
    expect((await enrol(site.agentDir, keyFile)).code).toBe(0);
    expect(await readFile(join(site.agentDir, 'identity'), 'utf8')).toBe(before);
    await site.startAgent();
  }, 30_000);

  test('is void afterwards: whoever still has the file is refused', async () => {
    const thief = join(folder.dir, 'thief');
    await copyFile(keyFile, join(folder.dir, 'stolen.key'));
    await runJson(['agent', 'init', '--data', thief]);
    const outcome = await enrol(thief, join(folder.dir, 'stolen.key'));
    expect(outcome.code).not.toBe(0);
    expect(lastJson(outcome.stdout)).toMatchObject({
      error: { code: 'signer_unknown', message: expect.stringContaining('the key file may have been used already') },
    });
    await deliver(site, access, 20, 5);
    await allProven(site, 25);
    expect(await site.status()).toMatchObject({ forked: false });
  }, 60_000);

  test('of a patient is sealed to by nobody until it is rotated: the readings wait, encrypted, and are shown', async () => {
    const minted = await mint('patient');
    await runJson([...['agent', 'devices', 'assign', 'monitor-1', '--owner', minted.address, '--data', site.agentDir]]);
    await deliver(site, access, 25, 10);
    await until('the readings to wait', async () => (await site.status()).backlog.readings === 10);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await site.status()).toMatchObject({ proven: 25, backlog: { readings: 10, batches: 0 } });
    expect(await readAll(site, minted.key)).toEqual([]);
    await runJson(['agent', 'devices', 'assign', 'monitor-1', '--owner', site.owner, '--data', site.agentDir]);
    await deliver(site, access, 35, 5);
    await until('the rest to be proven', async () => (await site.status()).proven === 30);
  }, 60_000);
});
