// A backup of the agent's folder that is put back is a second life of one identity: the ledger knows what this life does not. The agent
// says `identity_forked`, signs nothing more, keeps collecting, and goes on after it was given new keys. Nothing is lost.

import { cp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastJson, runCommand, runJson } from '../site/command.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { allProven, compareRead, deliver, exactlyOnce, readAll } from '../site/numbered-delivery.ts';
import { inviteCode } from '../site/people.ts';
import { type DeviceAccess, makeSite, type Site } from '../site/site.ts';
import { until } from '../site/until.ts';

describe('a restored backup', () => {
  let folder: TemporaryFolder;
  let site: Site;
  let access: DeviceAccess;
  let backup: string;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    site = await makeSite(folder.dir, { agentConfig: '[batch]\nmax_age_seconds = 1' });
    access = await site.addDevice('monitor-1');
    backup = join(folder.dir, 'backup');
  }, 60_000);

  afterAll(async () => {
    await site?.stop();
    await folder?.remove();
  });

  const entries = async () =>
    (await runJson<{ entries: number }>(['facility', 'status', '--data', site.facilityDir])).entries;
  const enrol = (code: string) =>
    runCommand([
      ...['agent', 'enroll', '--facility', site.facilityUrl, '--code', code, '--owner', site.owner],
      ...['--data', site.agentDir, '--json'],
    ]);

  test('is seen at its start: the agent says so, signs nothing, and goes on collecting', async () => {
    await deliver(site, access, 0, 10);
    await allProven(site, 10);
    // What the backup holds sealed but unsent is registered by the life that goes on.
    await site.facility.stop();
    await deliver(site, access, 10, 5);
    await until('the batch to be sealed', async () => (await site.status()).backlog.batches === 1);
    await site.agent.stop();
    await cp(site.agentDir, backup, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    await site.startFacility();
    await site.startAgent();
    await deliver(site, access, 15, 10);
    await allProven(site, 25);
    await site.agent.stop();

    await rename(site.agentDir, join(folder.dir, 'lost'));
    await rename(backup, site.agentDir);
    await site.startAgent();
    await until('the fork to be seen', async () => (await site.status()).forked === true);
    const before = await entries();
    await deliver(site, access, 25, 10);
    await pause(3_000);
    expect(await site.status()).toMatchObject({
      ...{ state: 'forked', problem: 'identity_forked', forked: true, proven: 10 },
      backlog: { readings: 15 },
    });
    expect(await entries()).toBe(before);
    expect(site.agent.output().stderr).toContain('identity_forked');
  }, 90_000);

  test('a restart does not make it forget, stopped it says so too, and a person is told what to do', async () => {
    await site.agent.stop('SIGKILL');
    expect(await site.status()).toMatchObject({ state: 'forked', problem: 'identity_forked', running: false });
    await site.startAgent();
    expect(await site.status()).toMatchObject({ state: 'forked', forked: true });
    const told = await runCommand(['agent', 'status', '--data', site.agentDir]);
    expect(told.stderr).toContain('enroll with a new code');
  }, 30_000);

  test('a code for somebody else does not help', async () => {
    await site.agent.stop();
    const other = await enrol(await inviteCode(site, '--for', site.owner));
    expect(other.code).not.toBe(0);
    expect(lastJson<{ error: { code: string } }>(other.stdout).error.code).toBe('invite_refused');
    expect(await site.status()).toMatchObject({ forked: true, backlog: { readings: 15 } });
  }, 30_000);

  test('with new keys for its address the backlog is registered on, and all is readable once', async () => {
    const { address } = await site.status();
    const outcome = await enrol(await inviteCode(site, '--for', String(address)));
    expect(outcome.stderr).toBe('');
    expect(lastJson(outcome.stdout)).toMatchObject({ address });
    await site.startAgent();
    await deliver(site, access, 35, 10);
    await until('the backlog to be gone', async () => {
      const { backlog, forked } = await site.status();
      return backlog.readings === 0 && forked === false;
    });
    const numbers = (await readAll(site)).map(({ value }) => Number(value));
    expect([...new Set(numbers)].length, 'nothing is lost').toBe(45);
    expect(await compareRead(site, 45)).toEqual(exactlyOnce(45));
    const { records } = await runJson<{ records: { state: string; code: string | null }[] }>([
      ...['agent', 'records', '--data', site.agentDir],
    ]);
    const refused = records.filter(({ state }) => state === 'refused');
    expect(refused.map(({ code }) => code)).toEqual(['record_exists']);
  }, 60_000);

  test('the lost life, started again, is refused: its keys are void, and it registers nothing more', async () => {
    await site.agent.stop();
    await rename(site.agentDir, join(folder.dir, 'kept'));
    await rename(join(folder.dir, 'lost'), site.agentDir);
    const before = await entries();
    await site.startAgent();
    await deliver(site, access, 100, 3);
    await until('the fork to be seen', async () => (await site.status()).forked === true);
    expect(await entries()).toBe(before);
    expect(await compareRead(site, 45)).toEqual(exactlyOnce(45));
  }, 60_000);
});
