// The two commands that run a whole site, as whoever reads the README types them.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { main } from '../main.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitalseal-demo-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(...words: string[]) {
  const recorded = recordingIo();
  return { code: await main(words, recorded.io), ...recorded };
}

/** One of a thousand that no other test takes. */
const somePort = (lowest: number) => lowest + Math.floor(Math.random() * 1_000);

describe('vitalseal demo', () => {
  it('proves every reading that was acknowledged, says so in its last line, and leaves what --keep asks for', async () => {
    const kept = join(folder, 'kept');
    const { code, lastJson } = await run('demo', '--seconds', '3', '--json', '--keep', kept);
    const verdict = lastJson() as Record<string, number>;
    expect(verdict).toMatchObject({ lost: 0, duplicates: 0, quarantined: 0, unread: 0 });
    expect(code).toBe(0);
    expect(verdict.readings).toBeGreaterThan(10);
    expect(verdict.proven).toBe(verdict.readings);
    expect(verdict.acknowledged).toBe(verdict.readings);
    // Batches close after 2 s: more than the one that the end closes.
    expect(verdict.batches).toBeGreaterThan(1);
    expect(verdict.registrations).toBeGreaterThan(verdict.batches ?? 0);
    expect(await readdir(kept)).toEqual(expect.arrayContaining(['agent', 'facility', 'wallet']));
    expect((await stat(join(kept, 'wallet', 'identity'))).mode & 0o777).toBe(0o600);

    const status = await run('agent', 'status', '--data', join(kept, 'agent'), '--json');
    expect(status.lastJson()).toMatchObject({ proven: verdict.proven, backlog: { readings: 0, batches: 0 } });
    expect((await run('demo', '--seconds', '1', '--keep', kept)).code).toBe(2);
  }, 60_000);

  it('ends early on Ctrl-C, with the same verdict', async () => {
    const recorded = recordingIo();
    const ended = main(['demo', '--seconds', '600', '--json', '--keep', join(folder, 'kept')], recorded.io);
    await expect.poll(() => recorded.stderr(), { timeout: 30_000 }).toMatch(/[1-9]\d* readings/);
    recorded.stop();
    expect(await ended).toBe(0);
    expect(recorded.lastJson()).toMatchObject({ lost: 0, duplicates: 0 });
  }, 60_000);
});

describe('vitalseal start', () => {
  it('prints plain lines without a terminal, and run again it continues where it stopped', async () => {
    const start = () => run('start', '--data', folder, '--seconds', '3', '--json');
    // Between the two starts another test may take the usual ports.
    const ports = { facilityPort: somePort(18_000), mqttPort: somePort(19_000) };
    await writeFile(join(folder, 'site.json'), JSON.stringify({ ...ports, passwords: {} }));
    const first = await start();
    expect(first.code).toBe(0);
    expect(first.stdout()).toMatch(
      /^\d+ readings, \d+ batches, \d+ registrations, checkpoint \d+, \d+ proven, backlog/m,
    );
    expect(first.stdout()).not.toContain('\u001b');
    const site = await readFile(join(folder, 'site.json'), 'utf8');
    const before = (first.lastJson() as { readings: number }).readings;
    expect(before).toBeGreaterThan(0);

    const second = await start();
    expect(second.code).toBe(0);
    expect(second.stderr()).not.toContain('making');
    expect(await readFile(join(folder, 'site.json'), 'utf8')).toBe(site);
    expect(second.lastJson()).toMatchObject({ readings: expect.any(Number), quarantined: 0, duplicates: 0 });
    expect((second.lastJson() as { readings: number }).readings).toBeGreaterThan(before);
  }, 60_000);
});
