import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { main } from '../main.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitalseal-facility-command-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(...words: string[]) {
  const recording = recordingIo();
  const code = await main(['facility', ...words, '--data', join(folder, 'facility')], recording.io);
  return { ...recording, code };
}

describe('vitalseal facility', () => {
  it('sets up, invites, mints and exports without running', async () => {
    const made = await run('init', '--json');
    expect(made.lastJson()).toMatchObject({ origin: expect.stringMatching(/^vitalseal\.org\/solo\/vs1/) });
    expect((await run('init')).code).toBe(2);

    const invite = await run('invite', '--role', 'patient', '--json');
    expect(invite.lastJson()).toEqual({ code: expect.stringMatching(/^vsi1/) });
    // Without --json the code alone, so that a shell can take it.
    expect((await run('invite', '--role', 'gateway')).stdout()).toMatch(/^vsi1[a-z0-9]+\n$/);

    const file = join(folder, 'gateway.key');
    const minted = await run('invite', '--role', 'gateway', '--mint', file, '--json');
    expect(minted.lastJson()).toEqual({ address: expect.stringMatching(/^vs1/), key: file });
    expect(await readFile(file, 'utf8')).toContain('AGE-SECRET-KEY-PQ-1');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await run('invite', '--role', 'gateway', '--mint', file)).code).toBe(2);
    const alone = await run('invite', '--mint');
    expect(await readFile(alone.stdout().trim(), 'utf8')).toContain('AGE-SECRET-KEY-PQ-1');
    expect((await run('invite')).code).toBe(2);
    const { address } = minted.lastJson() as { address: string };
    expect((await run('invite', '--for', address)).stdout()).toMatch(/^vsi1/);

    expect((await run('status', '--json')).lastJson()).toMatchObject({ running: false, entries: 4 });
    const exported = await run('export', join(folder, 'export'), '--proof', '0', '--proof', '2', '--json');
    expect(exported.lastJson()).toMatchObject({ size: 4, proofs: [0, 2] });
    expect(await readFile(join(folder, 'export', '2.tlog-proof'), 'utf8')).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
  });

  it('exports neither onto a file nor among its own files, and says which', async () => {
    await run('init');
    const file = join(folder, 'file');
    await writeFile(file, 'kept');
    const data = join(folder, 'facility');
    await symlink(data, join(folder, 'link'));
    const outs = [file, join(file, 'below'), data, join(data, 'log'), join(data, 'keys', 'x'), join(folder, 'link')];
    for (const out of outs) {
      const outcome = await run('export', out);
      expect([outcome.code, outcome.stderr()]).toEqual([2, expect.stringContaining(`usage: ${out} `)]);
    }
    expect(await readFile(file, 'utf8')).toBe('kept');
    expect(await readdir(data)).not.toContain('tile');
    expect((await run('export', join(data, 'export'))).code).toBe(0);
  });

  it('runs until it is told to stop, and answers the other commands meanwhile', async () => {
    await run('init');
    const recording = recordingIo();
    const words = ['facility', 'run', '--listen', '127.0.0.1:0', '--json', '--log-level', 'silent'];
    const running = main([...words, '--data', join(folder, 'facility')], recording.io);
    await expect.poll(() => recording.stdout(), { timeout: 5_000 }).toContain('url');
    const { url } = recording.lastJson() as { url: string };
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await run('status', '--json')).lastJson()).toMatchObject({ running: true });
    expect((await run('invite', '--role', 'legal')).code).toBe(0);
    expect((await run('run')).code).toBe(75);
    expect((await run('export', join(folder, 'export'))).code).toBe(0);
    recording.stop();
    expect(await running).toBe(0);
  });

  it.each([
    [['invite'], 2],
    [['invite', '--role', 'registrar'], 2],
    [['invite', '--role', 'patient', '--for', 'vs1x'], 2],
    [['invite', '--for', 'vs1x'], 1],
    [['export', 'out', '--proof', '-1'], 2],
    [['run', '--listen', 'nowhere'], 2],
    [['run', '--listen', '127.0.0.1:0', '--tls-cert', 'x'], 2],
  ])('refuses %j', async (words, code) => {
    await run('init');
    expect((await run(...words)).code).toBe(code);
  });

  it('says that a file stands where the folder should, and that an address is taken', async () => {
    await writeFile(join(folder, 'facility'), 'kept');
    const outcome = await run('init');
    expect([outcome.code, outcome.stderr()]).toEqual([2, expect.stringContaining('a file stands in its way')]);
    await rm(join(folder, 'facility'));
    await run('init');
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const place = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    const refused = await run('run', '--listen', place, '--log-level', 'silent');
    taken.close();
    expect([refused.code, refused.stderr()]).toEqual([
      75,
      expect.stringContaining(`cannot_listen: cannot listen on ${place}: something listens there already`),
    ]);
    const plain = await run('run', '--listen', '0.0.0.0:0', '--log-level', 'silent');
    expect([plain.code, plain.stderr()]).toEqual([
      2,
      expect.stringMatching(/--tls-cert .*--tls-key.*--allow-plain-http/),
    ]);
  });

  it('says how to make a facility where there is none', async () => {
    const outcome = await run('status');
    expect(outcome.code).toBe(2);
    expect(outcome.stderr()).toContain('facility init');
  });
});
