// A facility that lies, or is made to: another log than before, checkpoints that nobody vouched for, another person's keys. The agent
// believes none of it, keeps the evidence of a fork, seals nothing to a stranger, and loses nothing.

import { join } from 'node:path';
import { MESSAGES, parseNote, randomBytes } from '@vitalseal/ledger';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastJson, runCommand, runJson } from '../site/command.ts';
import { type FaultyLink, startFaultyLink } from '../site/faulty-link.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { checkpointForger, damagedNote } from '../site/forged-checkpoint.ts';
import { forgedRotation } from '../site/forged-rotation.ts';
import { allProven, compareRead, deliver, exactlyOnce, readAll } from '../site/numbered-delivery.ts';
import { enrolPatient, inviteCode } from '../site/people.ts';
import { type DeviceAccess, makeSite, type Site } from '../site/site.ts';
import { until } from '../site/until.ts';

interface Evidence {
  held: string;
  shown: string;
}

describe('a facility that lies', () => {
  let folder: TemporaryFolder;
  let link: FaultyLink;
  let site: Site;
  let access: DeviceAccess;
  let sent = 0;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    site = await makeSite(folder.dir, {
      agentConfig: '[batch]\nmax_age_seconds = 1',
      facilitySeenAs: async (url) => {
        link = await startFaultyLink(url);
        return link.url;
      },
    });
    access = await site.addDevice('monitor-1');
    await send(10);
    await allProven(site, 10);
  }, 60_000);

  afterAll(async () => {
    await site?.stop();
    link?.close();
    await folder?.remove();
  });

  async function send(count: number): Promise<void> {
    await deliver(site, access, sent, count);
    sent += count;
  }

  const problem = (code: string) =>
    until(`problem ${code}`, async () => {
      const now = await site.status();
      return now.problem === code ? now : null;
    });

  /** Changes the notes that answer GET /v1/prove. */
  function rewriteNotes(change: (note: string) => string, consistency?: () => Uint8Array[]): void {
    link.forge = (what, answer) => {
      if (what !== 'GET /v1/prove') return null;
      const honest = MESSAGES.prove.decode(new Uint8Array(answer));
      return Buffer.from(
        MESSAGES.prove.encode({
          ...honest,
          checkpoint: change(honest.checkpoint),
          ...(consistency && { consistency: consistency() }),
        }),
      );
    };
  }

  const honest = () => {
    link.forge = () => null;
  };

  test("another's keys for a new owner are refused: the readings wait, and the other never gets them", async () => {
    const second = await enrolPatient(site, 'second');
    const first = Buffer.from(await (await fetch(`${site.facilityUrl}/v1/users/${site.owner}`)).arrayBuffer());
    link.forge = (_what, _answer, path) => (path === `/v1/users/${second.address}` ? first : null);
    const band = await site.addDevice('band-1');
    await runJson(['agent', 'devices', 'assign', 'band-1', '--owner', second.address, '--data', site.agentDir]);
    await deliver(site, band, 1_000, 5);
    await until('the readings to be held', async () => (await site.status()).held === 5);
    expect(await site.status()).toMatchObject({ proven: 10, backlog: { readings: 5, batches: 0 } });
    expect(site.agent.output().stderr).toContain('recipient_unverified');
    expect(await readAll(site, second.identity)).toEqual([]);
    honest();
    await until('them to be proven', async () => (await site.status()).proven === 15);
    expect((await readAll(site, second.identity)).map(({ value }) => Number(value))).toEqual([
      1_000, 1_001, 1_002, 1_003, 1_004,
    ]);
    expect(await compareRead(site, 10)).toEqual(exactlyOnce(10));
  }, 60_000);

  test('a rotation that is in no ledger is refused, though the registrar signed it', async () => {
    const third = await enrolPatient(site, 'third');
    const { origin } = await runJson<{ origin: string }>(['facility', 'status', '--data', site.facilityDir]);
    const rotation = await forgedRotation(site.facilityDir, origin, third.address);
    link.forge = (_what, answer, path) => {
      if (path !== `/v1/users/${third.address}`) return null;
      const entries = MESSAGES.entries.decode(new Uint8Array(answer));
      return Buffer.from(MESSAGES.entries.encode([...entries, { index: 0, entry: rotation }]));
    };
    const patch = await site.addDevice('patch-1');
    await runJson(['agent', 'devices', 'assign', 'patch-1', '--owner', third.address, '--data', site.agentDir]);
    await deliver(site, patch, 2_000, 5);
    await until('a refusal', () => site.agent.output().stderr.includes('proof_invalid'));
    await until('the readings to be held', async () => (await site.status()).held === 5);
    expect((await site.status()).proven).toBe(15);
    await runJson(['agent', 'devices', 'assign', 'patch-1', '--owner', 'none', '--data', site.agentDir]);
    honest();
    await runJson(['agent', 'devices', 'assign', 'patch-1', '--owner', third.address, '--data', site.agentDir]);
    await until('them to be proven', async () => (await site.status()).proven === 20);
    expect((await readAll(site, third.identity)).map(({ value }) => Number(value))).toEqual([
      2_000, 2_001, 2_002, 2_003, 2_004,
    ]);
  }, 60_000);

  test("another's keys at enrolment are refused; the same command goes on when the facility is honest", async () => {
    const stranger = await enrolPatient(site, 'stranger');
    const other = Buffer.from(await (await fetch(`${site.facilityUrl}/v1/users/${stranger.address}`)).arrayBuffer());
    const dir = join(folder.dir, 'second-agent');
    await runJson(['agent', 'init', '--data', dir]);
    const code = await inviteCode(site, '--role', 'gateway');
    const enrol = () =>
      runCommand([
        ...['agent', 'enroll', '--facility', link.url, '--code', code, '--owner', site.owner, '--data', dir, '--json'],
      ]);
    link.forge = (_what, _answer, path) => (path === `/v1/users/${site.owner}` ? other : null);
    const refused = await enrol();
    expect(refused.code).not.toBe(0);
    expect(lastJson<{ error: { code: string } }>(refused.stdout).error.code).toBe('recipient_unverified');
    honest();
    expect((await enrol()).code).toBe(0);
  }, 60_000);

  test('a checkpoint that nobody vouched for counts for nothing: no proof, no evidence, nothing dropped', async () => {
    rewriteNotes(damagedNote);
    await send(5);
    const status = await until('a problem', async () => {
      const now = await site.status();
      return /^(policy_unmet|checkpoint_invalid|note_invalid)$/.test(String(now.problem)) ? now : null;
    });
    expect(status).toMatchObject({ proven: 20, evidence: [], backlog: { readings: 5 } });
    honest();
    await allProven(site, 25);
  }, 60_000);

  test('a forked checkpoint is refused, both are kept and shown, and readings go on being kept', async () => {
    const held = (await site.status()).checkpoint;
    const forge = await checkpointForger(site.facilityDir);
    let forged = '';
    rewriteNotes(
      (note) => {
        forged ||= forge(note);
        return forged;
      },
      () => Array.from({ length: 3 }, () => randomBytes(32)),
    );
    await send(5);
    const status = await problem('checkpoint_forked');
    expect(status).toMatchObject({ state: 'halted', forked: false, proven: 25, checkpoint: held });
    const [pair, ...more] = status.evidence as Evidence[];
    expect(more).toEqual([]);
    expect(pair?.shown).toBe(forged);
    expect(parseNote(pair?.held ?? '').body).toContain(`\n${held.size}\n`);

    const before = await runJson<{ entries: number }>(['facility', 'status', '--data', site.facilityDir]);
    await send(10);
    const later = await site.status();
    expect(later).toMatchObject({ problem: 'checkpoint_forked', proven: 25, dropped: 0, backlog: { readings: 15 } });
    const after = await runJson<{ entries: number }>(['facility', 'status', '--data', site.facilityDir]);
    expect(after.entries, 'nothing more is registered in such a log').toBe(before.entries);

    const told = await runCommand(['agent', 'status', '--data', site.agentDir]);
    for (const note of [pair?.held, pair?.shown]) expect(told.stderr).toContain(note?.trimEnd());
  }, 60_000);

  test('a restart does not help it: refused again, evidence kept once; stopped it is shown too', async () => {
    await site.agent.stop('SIGKILL');
    const stopped = await site.status();
    expect(stopped.evidence).toHaveLength(1);
    expect(stopped).toMatchObject({ proven: 25, backlog: { readings: 15 } });
    await site.startAgent();
    const status = await problem('checkpoint_forked');
    expect(status).toMatchObject({ proven: 25, backlog: { readings: 15 } });
    expect(status.evidence).toHaveLength(1);
  }, 60_000);

  test('once the log is the one that was held, all is proven exactly once, and the evidence stays', async () => {
    honest();
    await site.agent.stop();
    await site.startAgent();
    await allProven(site, 40);
    expect(await compareRead(site, 30)).toEqual(exactlyOnce(30));
    expect((await site.status()).evidence).toHaveLength(1);
  }, 60_000);
});
