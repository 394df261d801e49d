// One agent a folder: a second one is told the process id of the first; commands go through the socket of a running agent and take
// the lock themselves without one; and no way of dying leaves a lock behind.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lastJson, runCommand, runJson } from '../site/command.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { allProven, compareRead, deliver, exactlyOnce } from '../site/numbered-delivery.ts';
import { freePort } from '../site/ports.ts';
import { makeSite, type Site } from '../site/site.ts';

let folder: TemporaryFolder;
let site: Site;

beforeAll(async () => {
  folder = await makeTemporaryFolder();
  site = await makeSite(folder.dir, { agentConfig: '[batch]\nmax_age_seconds = 1' });
}, 60_000);

afterAll(async () => {
  await site?.stop();
  await folder?.remove();
});

const onAgent = (...args: string[]) => runCommand(['agent', ...args, '--data', site.agentDir, '--json']);

test('a second agent on the folder is refused with the process id of the first, which goes on', async () => {
  const { code: invite } = await runJson<{ code: string }>([
    ...['facility', 'invite', '--role', 'gateway', '--data', site.facilityDir],
  ]);
  for (const args of [
    ['run', '--mqtt', `127.0.0.1:${await freePort()}`],
    ['enroll', '--facility', site.facilityUrl, '--code', invite, '--owner', site.owner],
  ]) {
    const second = await onAgent(...args);
    expect(second.code, second.stderr).toBe(75);
    const { error } = lastJson<{ error: { code: string; message: string } }>(second.stdout);
    expect(error.code).toBe('folder_locked');
    expect(error.message).toContain(String(site.agent.pid));
  }
  expect(await site.status()).toMatchObject({ running: true, state: 'running' });
}, 30_000);

test('a second facility on its folder is refused the same way', async () => {
  const second = await runCommand([
    ...['facility', 'run', '--listen', `127.0.0.1:${await freePort()}`, '--data', site.facilityDir, '--json'],
  ]);
  expect(second.code).toBe(75);
  const { error } = lastJson<{ error: { code: string; message: string } }>(second.stdout);
  expect(error).toMatchObject({ code: 'folder_locked', message: expect.stringContaining(String(site.facility.pid)) });
}, 30_000);

test('the same commands work while the agent runs and while it does not', async () => {
  const access = await site.addDevice('monitor-1');
  await deliver(site, access, 0, 5);
  await allProven(site, 5);
  const live = await runJson<{ records: { id: string }[] }>(['agent', 'records', '--data', site.agentDir]);
  expect(live.records.length).toBeGreaterThan(0);
  await site.agent.stop();

  expect(await site.status()).toMatchObject({ running: false, state: 'stopped', proven: 5, quarantined: 0 });
  expect(await runJson(['agent', 'records', '--data', site.agentDir])).toMatchObject({ records: live.records });
  const added = await site.addDevice('monitor-2');
  expect(await runJson(['agent', 'devices', 'list', '--data', site.agentDir])).toMatchObject({
    devices: [{ device: 'monitor-1' }, { device: 'monitor-2' }],
  });
  await site.startAgent();
  await deliver(site, added, 5, 5);
  await allProven(site, 10);
}, 60_000);

test('kill -9 leaves no stale lock or socket: commands and the next start go on at once', async () => {
  await site.agent.stop('SIGKILL');
  expect(Number(await readFile(join(site.agentDir, 'agent.pid'), 'utf8'))).toBe(site.agent.pid);
  expect(await site.status()).toMatchObject({ running: false, proven: 10 });
  await site.startAgent();
  expect(await site.status()).toMatchObject({ running: true, proven: 10 });
  await site.facility.stop('SIGKILL');
  expect((await runCommand(['facility', 'status', '--data', site.facilityDir])).code).toBe(0);
  await site.startFacility();
  expect(await compareRead(site, 10)).toEqual(exactlyOnce(10));
}, 60_000);

test('commands beside each other on a folder wait for their turn', async () => {
  await site.agent.stop();
  const crowd = await Promise.all(Array.from({ length: 4 }, () => onAgent('status')));
  for (const { code, stdout, stderr } of crowd) {
    expect(code, stderr).toBe(0);
    expect(lastJson(stdout)).toMatchObject({ running: false, proven: 10 });
  }
  await pause(50);
  await site.startAgent();
  expect(await site.status()).toMatchObject({ running: true });
}, 60_000);

test('Ctrl-C during a stream stops cleanly: exit 0, and what was acknowledged is proven later', async () => {
  const access = await site.addDevice('monitor-3');
  await deliver(site, access, 10, 50);
  const { code, stderr } = await site.agent.stop('SIGINT');
  expect(code).toBe(0);
  expect(stderr).not.toContain('    at ');
  await site.startAgent();
  await allProven(site, 60);
  expect(await compareRead(site, 60)).toEqual(exactlyOnce(60));
}, 60_000);
