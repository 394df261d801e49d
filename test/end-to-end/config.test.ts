// What a person types wrongly, and what a newer version left behind: the command says the file, the key and what was expected,
// touches nothing, and its exit code tells "asked for wrongly" (2) from "failed" (1).

import { appendFile, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastJson, runCommand, runJson } from '../site/command.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { freePort } from '../site/ports.ts';
import { makeSite, type Site } from '../site/site.ts';

interface Failure {
  error: { code: string; message: string };
}

describe('a wrong configuration', () => {
  let folder: TemporaryFolder;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
  });

  afterAll(() => folder?.remove());

  async function agentWith(name: string, toml: string): Promise<string> {
    const dir = join(folder.dir, name);
    await mkdir(dir, { mode: 0o700 });
    await writeFile(join(dir, 'agent.toml'), toml);
    return dir;
  }

  test.each([
    ['a value of another type', '[batch]\nmax_age_seconds = "5 min"', 'batch.max_age_seconds', 'a whole number from 1'],
    ['a value out of range', '[spool]\nmegabytes = 2', 'spool.megabytes', 'a whole number from 8'],
    ['a key that is mistyped', '[mqtt]\nlistn = "127.0.0.1:1883"', 'mqtt.listn', 'did you mean listen?'],
    ['a section that there is not', '[bath]\nmax_age_seconds = 1', 'bath', 'did you mean batch?'],
    ['no place to listen', '[mqtt]\nlisten = "127.0.0.1"', 'mqtt.listen', 'HOST:PORT'],
    ['half of a certificate', '[mqtt]\ncertificate = "/a"', 'mqtt.private_key', 'certificate and private_key together'],
    ['a word of another list', '[log]\nlevel = "loud"', 'log.level', '"error", "warn", "info"'],
    ['text that is no TOML', '[batch\nmax_age_seconds = 1', 'line 1', 'expected'],
  ])('%s: names the file, the key and what was expected', async (what, toml, key, expected) => {
    const dir = await agentWith(what.replaceAll(' ', '-'), toml);
    for (const command of [['run', '--mqtt', `127.0.0.1:${await freePort()}`], ['status']]) {
      const outcome = await runCommand(['agent', ...command, '--data', dir, '--json']);
      expect(outcome.code).toBe(2);
      const { error } = lastJson<Failure>(outcome.stdout);
      expect(error.code).toBe('config_invalid');
      for (const said of [join(dir, 'agent.toml'), key, expected]) expect(error.message).toContain(said);
      expect(outcome.stderr).toContain('vitalseal: config_invalid: ');
      expect(outcome.stderr, 'a person gets a sentence, not a stack').not.toContain('    at ');
    }
  });

  test('a file of a certificate that cannot be read is named with its key', async () => {
    const toml = '[mqtt]\ncertificate = "/nowhere/mqtt.crt"\nprivate_key = "/nowhere/mqtt.key"';
    const dir = await agentWith('unreadable', toml);
    const outcome = await runCommand(['agent', 'run', '--data', dir, '--json']);
    expect(outcome.code).toBe(2);
    const { message } = lastJson<Failure>(outcome.stdout).error;
    for (const said of [join(dir, 'agent.toml'), 'mqtt.certificate', '/nowhere/mqtt.crt'])
      expect(message).toContain(said);
  });

  test('plain MQTT or HTTP beyond loopback is refused unless the configuration says so', async () => {
    const dir = await agentWith('plain', '');
    const outcome = await runCommand([
      'agent',
      'run',
      '--mqtt',
      `0.0.0.0:${await freePort()}`,
      '--data',
      dir,
      '--json',
    ]);
    expect(outcome.code).toBe(2);
    const { code, message } = lastJson<Failure>(outcome.stdout).error;
    expect(code).toBe('transport_refused');
    for (const key of ['mqtt.certificate', 'mqtt.allow_plain']) expect(message).toContain(key);
  });

  test('a code and a key file exclude each other, before any file is read', async () => {
    const dir = await agentWith('both', '');
    const place = ['--facility', 'http://127.0.0.1:1', '--owner', 'vs1x', '--data', dir];
    for (const given of [[], ['--code', 'x', '--key', '/nowhere']]) {
      const outcome = await runCommand(['agent', 'enroll', ...place, ...given]);
      expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining('usage: one of --code and --key')]);
    }
  });

  test('a folder that is none says which command makes one', async () => {
    const dir = join(folder.dir, 'nothing');
    const outcome = await runCommand(['agent', 'status', '--data', dir, '--json']);
    expect(outcome.code).toBe(2);
    expect(lastJson<Failure>(outcome.stdout).error).toMatchObject({
      code: 'folder_missing',
      message: expect.stringContaining('vitalseal agent init'),
    });
  });
});

describe('a store that a newer version wrote', () => {
  let folder: TemporaryFolder;
  let site: Site;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    site = await makeSite(folder.dir);
    await site.stop();
  }, 60_000);

  afterAll(async () => {
    await site?.stop();
    await folder?.remove();
  });

  /** Sets the schema version, runs `work`, and puts the old one back; the store is not changed by what `work` does. */
  async function withVersion(file: string, work: () => Promise<void>): Promise<void> {
    const database = new Database(file);
    const version = database.pragma('user_version', { simple: true }) as number;
    database.pragma(`user_version = ${version + 1}`);
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.close();
    const before = await readFile(file);
    await work();
    expect(await readFile(file)).toEqual(before);
    const again = new Database(file);
    again.pragma(`user_version = ${version}`);
    again.close();
  }

  async function refused(args: string[]): Promise<void> {
    const outcome = await runCommand([...args, '--json']);
    expect(outcome.code, args.join(' ')).toBe(2);
    expect(lastJson<Failure>(outcome.stdout).error.code, args.join(' ')).toBe('store_newer');
  }

  test('the agent refuses it, whatever the command, and changes nothing', async () => {
    await withVersion(join(site.agentDir, 'agent.db'), async () => {
      await refused(['agent', 'run', '--mqtt', `127.0.0.1:${site.mqttPort}`, '--data', site.agentDir]);
      await refused(['agent', 'status', '--data', site.agentDir]);
      await refused(['agent', 'records', '--data', site.agentDir]);
    });
    expect(await runJson(['agent', 'status', '--data', site.agentDir])).toMatchObject({ enrolled: true });
  }, 30_000);

  test('the facility refuses it, whatever the command, and changes nothing', async () => {
    await withVersion(join(site.facilityDir, 'ledger.db'), async () => {
      await refused(['facility', 'run', '--listen', `127.0.0.1:${site.facilityPort}`, '--data', site.facilityDir]);
      await refused(['facility', 'invite', '--role', 'patient', '--data', site.facilityDir]);
      await refused(['facility', 'export', join(folder.dir, 'export'), '--data', site.facilityDir]);
    });
    await site.startFacility();
  }, 30_000);

  test('so is a newer file of devices, or one that is damaged: it says so and does not start', async () => {
    const file = join(site.agentDir, 'devices.json');
    await site.addDevice('kept-1');
    await copyFile(file, join(folder.dir, 'devices.json'));
    await appendFile(file, '}');
    const outcome = await runCommand(['agent', 'devices', 'list', '--data', site.agentDir, '--json']);
    expect(outcome.code).not.toBe(0);
    expect(lastJson<Failure>(outcome.stdout).error.code).toMatch(/^store_/);
    await copyFile(join(folder.dir, 'devices.json'), file);
    expect(await runJson(['agent', 'devices', 'list', '--data', site.agentDir])).toMatchObject({
      devices: [{ device: 'kept-1' }],
    });
  }, 30_000);
});
