// A disk that is really full, under the real agent: readings are no longer acknowledged, the agent says why, and goes on by itself when
// there is room. The folder lies on a small file system of its own, which only root can make.

import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastJson, runCommand } from '../site/command.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { allProven, compareRead, deliver, exactlyOnce, numberedPublisher } from '../site/numbered-delivery.ts';
import { type DeviceAccess, makeSite, type Site } from '../site/site.ts';
import { until } from '../site/until.ts';

const run = promisify(execFile);

/** Mounts 24 MB of memory at `dir`; false where that is not allowed. */
async function mountSmall(dir: string): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  await mkdir(dir, { recursive: true });
  return run('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=0700', 'tmpfs', dir]).then(
    () => true,
    () => false,
  );
}

/** Writes `file` until not one more byte fits. */
async function fill(file: string): Promise<void> {
  const filler = await open(file, 'w');
  try {
    for (let size = 1 << 20; size >= 1; ) {
      const written = await filler.write(Buffer.alloc(size)).catch(() => ({ bytesWritten: 0 }));
      if (written.bytesWritten < size) size >>= 1;
    }
  } finally {
    await filler.close();
  }
}

const probe = await makeTemporaryFolder();
const allowed = await mountSmall(probe.dir);
if (allowed) await run('umount', [probe.dir]);
await probe.remove();
if (!allowed) console.warn('skipped: mounting a small file system needs root');

describe.runIf(allowed)('a full disk', () => {
  let folder: TemporaryFolder;
  let site: Site;
  let access: DeviceAccess;
  let disk: string;
  let filler: string;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    disk = join(folder.dir, 'agent');
    filler = join(disk, 'filler');
    expect(await mountSmall(disk)).toBe(true);
    site = await makeSite(folder.dir, { agentConfig: '[batch]\nmax_age_seconds = 1' });
    access = await site.addDevice('monitor-1');
  }, 60_000);

  afterAll(async () => {
    await site?.stop();
    await run('umount', [disk]);
    await folder?.remove();
  });

  const problem = async () => (await site.status()).problem;

  test('readings are not acknowledged, the agent says so, and goes on when there is room', async () => {
    await deliver(site, access, 0, 20);
    await allProven(site, 20);
    await fill(filler);

    const publisher = numberedPublisher(site, access, 20, 300, 40);
    const publishing = publisher.run();
    await until('the agent to say that the disk is full', async () => (await problem()) === 'disk_full');
    expect(site.agent.output().stderr + site.agent.output().stdout).toContain('disk_full');
    const before = publisher.acknowledged.size;
    await pause(3_000);
    expect(publisher.acknowledged.size, 'nothing is acknowledged on a full disk').toBe(before);
    expect(before).toBeLessThan(300);
    expect(await problem()).toBe('disk_full');

    const adding = await runCommand(['agent', 'devices', 'add', 'late-1', '--data', site.agentDir, '--json']);
    expect(adding.code).toBe(75);
    expect(lastJson<{ error: { code: string } }>(adding.stdout).error.code).toBe('disk_full');

    await rm(filler);
    await publishing;
    expect(publisher.acknowledged.size).toBe(300);
    await allProven(site, 320);
    expect(await compareRead(site, 320)).toEqual(exactlyOnce(320));
    await until('the problem to be over', async () => (await problem()) === null);
  }, 90_000);

  test('killed on a full disk, it starts when there is room, or says why not; nothing acknowledged is lost', async () => {
    await fill(filler);
    const publisher = numberedPublisher(site, access, 320, 100, 50);
    const publishing = publisher.run();
    await until('the agent to say that the disk is full', async () => (await problem()) === 'disk_full');
    await site.agent.stop('SIGKILL');
    const started = await site.startAgent().then(
      () => null,
      (error: Error) => error.message,
    );
    if (started !== null) expect(started).toContain('disk_full');
    await rm(filler);
    if (started !== null) await site.startAgent();
    await publishing;
    await allProven(site, 420);
    expect(await compareRead(site, 420)).toEqual(exactlyOnce(420));
  }, 90_000);
});
