// The bounds: a spool that overflows, a disk that is full, a copy of the folder that was put back.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  fakeEntry,
  group,
  IDENTITY,
  type Life,
  live,
  type Person,
  part,
  person,
  readAll,
  temporaryFolder,
  values,
} from './core.testing.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });

async function ready(life: Life, owners: Person[]): Promise<Life> {
  await life.core.setIdentity(IDENTITY);
  await life.core.setOwners(owners);
  return life;
}

const types = (life: Life) => life.core.pending(1000).map(({ type }) => type);

describe('a spool that overflows', () => {
  it('drops the oldest records, says so in one tombstone a run, and loses nothing else', async () => {
    const ann = await person(1);
    const life = await ready(live(temporaryFolder(onTestFinished), { spoolBytes: 40_000 }), [ann]);
    const rounds = 100;
    for (let n = 0; n < rounds; n++) {
      life.core.commit(group([part(ann.owner, n * 10, 10)]));
      await life.core.flush();
      expect(life.core.status().spool.used).toBeLessThanOrEqual(40_000 + 5000);
    }
    const notices = life.core.pending(1000).filter((item) => item.type === 'notice');
    expect(notices.length).toBe(1);
    const statement = notices[0]?.body.statement;
    const { dropped, proven, readings } = life.core.status();
    expect(dropped).toBeGreaterThan(100);
    expect(statement).toMatchObject({ firstCounter: 0, lastCounter: dropped - 1, reason: 'spool-full' });
    expect(notices[0]?.readings).toBe(dropped);
    const read = await readAll(life.core, ann);
    expect([dropped + proven + read.length, readings]).toEqual([rounds * 10, rounds * 10]);
    expect(read.map(({ counter }) => counter)).toEqual(read.map((_, i) => dropped + i));
    await life.core.close();
  });

  it('never drops what was signed, nor the newest alarm; then it takes no more', async () => {
    const ann = await person(1);
    const life = await ready(live(temporaryFolder(onTestFinished), { spoolBytes: 25_000 }), [ann]);
    life.core.commit(group([part(ann.owner, 0, 10)]));
    await life.core.flush();
    life.core.commitSigned(
      life.core
        .pending(10)
        .map(({ id }, seq) => ({ id, seq, entry: new Uint8Array(10), leaf: new Uint8Array(32).fill(seq) })),
    );
    life.core.unsignFrom(1);
    const signedOnce = life.core.pending(10).map(({ id }) => id);
    for (let n = 1; n < 60; n++) {
      life.core.commit(group([part(ann.owner, n * 10, 10, { alarm: n % 10 === 5 })]));
      await life.core.flush();
    }
    const left = life.core.pending(1000);
    expect(left.map(({ id }) => id)).toEqual(expect.arrayContaining(signedOnce));
    expect(left.filter(({ urgent }) => urgent).length).toBeGreaterThanOrEqual(1);
    const newest = left.filter((item) => item.type === 'record.register' && item.urgent).at(-1);
    expect(newest).toBeDefined();
    // What is left cannot go: everything is signed but that alarm.
    const ids = left.filter(({ state }) => state === 'unsigned').map(({ id }) => id);
    life.core.commitSigned(
      ids.map((id, i) => ({ id, seq: i + 1, entry: new Uint8Array(10), leaf: new Uint8Array(32).fill(100 + i) })),
    );
    const before = life.core.status();
    const overflow = () => {
      for (let n = 0; n < 100; n++) life.core.commit(group([part(ann.owner, 5000 + n * 100, 100)]));
    };
    expect(overflow).toThrowError(code('spool_full'));
    expect(life.core.status()).toMatchObject({ failing: 'spool_full', dropped: before.dropped });
    await life.core.close();
  });

  it('drops what the ledger refused for good before it takes no more, and adopts it all the same', async () => {
    const ann = await person(1);
    const life = await ready(live(temporaryFolder(onTestFinished), { spoolBytes: 25_000 }), [ann]);
    life.core.commit(group([part(ann.owner, 0, 10)]));
    await life.core.flush();
    const [opened, first] = life.core.pending(10).map(({ id }, seq) => fakeEntry(id, seq));
    if (opened === undefined || first === undefined) throw new Error('nothing was sealed');
    life.core.commitSigned([opened, first]);
    life.core.accepted([{ id: opened.id, index: 7 }]);
    life.core.refused([{ id: first.id, code: 'delegation_missing', permanent: true }]);
    for (let n = 1; n < 60; n++) {
      life.core.commit(group([part(ann.owner, n * 10, 10)]));
      await life.core.flush();
      const sealed = life.core.pending(100).filter(({ state, type }) => state === 'unsigned' && type !== 'notice');
      life.core.refused(sealed.map(({ id }) => ({ id, code: 'delegation_missing', permanent: true })));
    }
    const { dropped, refused, readings, failing } = life.core.status();
    expect(failing).toBeNull();
    expect(dropped).toBeGreaterThan(100);
    expect(dropped + refused).toBe(readings);
    const [notice] = life.core.pending(100).filter((item) => item.type === 'notice');
    expect(notice?.body.statement).toMatchObject({ firstCounter: 0, lastCounter: dropped - 1 });
    // The ledger took it after all.
    expect(life.core.adopt(1, first.leaf, 8)).toBe(true);
    life.core.proven({ throughSeq: 1 });
    expect(life.core.ownLeaves().proven).toBe(2);
    await life.core.close();
  });

  it('drops held readings too, counted', async () => {
    const ann = await person(1, false);
    const life = await ready(live(temporaryFolder(onTestFinished), { spoolBytes: 20_000 }), [ann]);
    for (let n = 0; n < 40; n++) {
      life.core.commit(group([part(ann.owner, n * 100, 100)]));
      await life.core.flush();
    }
    const { dropped, held } = life.core.status();
    expect(dropped).toBeGreaterThan(0);
    expect(held + dropped).toBe(4000);
    expect(types(life)).toEqual(['notice']);
    await life.core.setOwners([{ ...ann, sealed: true }]);
    const read = await readAll(life.core, ann);
    expect(read.map(({ counter }) => counter)).toEqual(Array.from({ length: held }, (_, i) => dropped + i));
    await life.core.close();
  });
});

describe('a full disk', () => {
  it('takes no readings, seals nothing, loses nothing, and goes on when there is room', async () => {
    const folder = temporaryFolder(onTestFinished);
    const ann = await person(1);
    let life = await ready(live(folder, { maxPages: 200 }), [ann]);
    let kept = 0;
    const fill = () => {
      for (;;) {
        life.core.commit(group([part(ann.owner, kept, 50)]));
        kept += 50;
      }
    };
    expect(fill).toThrowError(code('disk_full'));
    expect(kept).toBeGreaterThan(0);
    expect(life.core.status()).toMatchObject({ failing: 'disk_full', readings: kept });
    await expect(life.core.flush()).rejects.toMatchObject({ code: 'disk_full' });
    await life.core.close();
    life = await ready(live(folder), [ann]);
    await life.core.flush();
    expect(life.core.status()).toMatchObject({ failing: null });
    expect(values(await readAll(life.core, ann))).toEqual(Array.from({ length: kept }, (_, i) => i));
    await life.core.close();
  });

  it('of a real file system, too, and without a restart', async (context) => {
    const folder = temporaryFolder(onTestFinished);
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      context.skip('this test may not mount a small disk');
    }
    onTestFinished(() => void execFileSync('umount', ['-l', disk]));
    const ann = await person(1);
    const ballast = join(disk, 'ballast');
    const life = await ready(live(disk), [ann]);
    const keep = (n: number) => life.core.commit(group([part(ann.owner, n, 50)]));
    keep(0);
    await life.core.flush();
    expect(() => writeFileSync(ballast, new Uint8Array(2 << 20))).toThrow();
    let kept = 50;
    const fill = () => {
      for (; kept < 100_000; kept += 50) keep(kept);
    };
    expect(fill).toThrowError(code('disk_full'));
    await expect(life.core.flush()).rejects.toMatchObject({ code: 'disk_full' });
    expect(life.core.status().failing).toBe('disk_full');
    rmSync(ballast);
    keep(kept);
    kept += 50;
    await life.core.flush();
    expect(life.core.status().failing).toBeNull();
    expect(values(await readAll(life.core, ann))).toEqual(Array.from({ length: kept }, (_, i) => i));
    await life.core.close();
  });

  it('is left behind without a restart', async () => {
    const folder = temporaryFolder(onTestFinished);
    const ann = await person(1);
    let full = false;
    const faults = () => {
      if (full) throw new VitalsealError('disk_full');
    };
    const life = await ready(live(folder, { faults }), [ann]);
    life.core.commit(group([part(ann.owner, 0, 5)]));
    full = true;
    expect(() => life.core.commit(group([part(ann.owner, 5, 5)]))).toThrow();
    await expect(life.core.flush()).rejects.toThrow();
    full = false;
    life.core.commit(group([part(ann.owner, 5, 5)]));
    life.clock.ms = life.core.wakesAt();
    await life.core.tick();
    await life.core.flush();
    expect(life.core.status().failing).toBeNull();
    expect(values(await readAll(life.core, ann))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await life.core.close();
  });
});

describe('key slots that cannot be written', () => {
  it('stop nothing that is safe without them, and are caught up later', async () => {
    const folder = temporaryFolder(onTestFinished);
    const ann = await person(1);
    let broken = false;
    const slotFault = () => {
      if (broken) throw new VitalsealError('disk_full');
    };
    let life = await ready(live(folder, { slotFault }), [ann]);
    broken = true;
    for (let n = 0; n < 3; n++) {
      life.core.commit(group([part(ann.owner, n * 5, 5)]));
      await life.core.flush();
    }
    // A new chain is another matter: its key must be safe before anything is sealed with it.
    await life.core.setOwners([{ ...ann, sealed: false }]);
    life.core.commit(group([part(ann.owner, 15, 5)]));
    await expect(life.core.flush()).rejects.toMatchObject({ code: 'disk_full' });
    expect(life.core.status().held).toBe(0);
    await life.core.close();

    broken = false;
    life = await ready(live(folder, { slotFault }), [ann]);
    life.core.commit(group([part(ann.owner, 20, 5)]));
    await life.core.flush();
    expect(life.core.status()).toMatchObject({ restored: false, failing: null, dropped: 0, held: 0 });
    expect(values(await readAll(life.core, ann))).toEqual(Array.from({ length: 25 }, (_, i) => i));
    await life.core.close();
  });
});

describe('a copy that is put back', () => {
  it('of the database alone says so, accounts for what it cannot read, and never uses an index twice', async () => {
    const folder = temporaryFolder(onTestFinished);
    const ann = await person(1);
    let life = await ready(live(folder), [ann]);
    life.core.commit(group([part(ann.owner, 0, 5)]));
    await life.core.flush();
    life.core.commit(group([part(ann.owner, 5, 5)]));
    await life.core.close();
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    cpSync(join(folder, 'agent.db'), join(copy, 'agent.db'));
    life = await ready(live(folder), [ann]);
    expect(life.core.status()).toMatchObject({ restored: false, backlog: { readings: 10 } });
    const epochs = new Set(life.core.pending(100).map(({ epoch }) => Buffer.from(epoch ?? []).toString('hex')));
    await life.core.close();

    for (const name of ['agent.db', 'agent.db-wal', 'agent.db-shm']) rmSync(join(folder, name), { force: true });
    cpSync(join(copy, 'agent.db'), join(folder, 'agent.db'));
    life = await ready(live(folder), [ann]);
    expect(life.core.status()).toMatchObject({ restored: true, dropped: 5, readings: 10 });
    life.core.commit(group([part(ann.owner, 10, 5)]));
    await life.core.flush();
    const notice = life.core.pending(100).find(({ type }) => type === 'notice');
    expect(notice?.body).toMatchObject({ statement: { firstCounter: 5, lastCounter: 9, reason: 'store-restored' } });
    const last = life.core.pending(100).at(-1);
    expect(epochs.has(Buffer.from(last?.epoch ?? []).toString('hex'))).toBe(false);
    expect(values(await readAll(life.core, ann))).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
    await life.core.close();
  });

  it('says what it cannot read also when the power goes while it is found out', async () => {
    const folder = temporaryFolder(onTestFinished);
    const ann = await person(1);
    let life = await ready(live(folder), [ann]);
    life.core.commit(group([part(ann.owner, 0, 5)]));
    await life.core.close();
    cpSync(join(folder, 'agent.db'), join(folder, 'copy'));
    life = await ready(live(folder), [ann]);
    await life.core.close();
    cpSync(join(folder, 'copy'), join(folder, 'agent.db'));

    const cut = (point: string) => {
      if (point === 'drop-transaction') throw new Error('power cut');
    };
    await Promise.resolve()
      .then(() => live(folder, { faults: cut }).core.close())
      .catch(() => {});
    life = await ready(live(folder), [ann]);
    expect(life.core.status()).toMatchObject({ dropped: 5, readings: 5, backlog: { readings: 0 } });
    const notice = life.core.pending(100).find(({ type }) => type === 'notice');
    expect(notice?.body).toMatchObject({ statement: { firstCounter: 0, lastCounter: 4, reason: 'store-restored' } });
    await life.core.close();
  });

  it('with a damaged row loses that row only, and says which', async () => {
    const folder = temporaryFolder(onTestFinished);
    const ann = await person(1);
    let life = live(folder);
    for (let n = 0; n < 3; n++) life.core.commit(group([part(ann.owner, n * 5, 5)]));
    await life.core.close();
    const db = new Database(join(folder, 'agent.db'));
    db.exec('UPDATE segment SET body = zeroblob(length(body)) WHERE seq = 1');
    db.close();
    life = await ready(live(folder), [{ ...ann, sealed: false }]);
    await life.core.setOwners([ann]);
    expect(values(await readAll(life.core, ann))).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
    const notice = life.core.pending(100).find(({ type }) => type === 'notice');
    expect(notice?.body).toMatchObject({ statement: { firstCounter: 5, lastCounter: 9, reason: 'store-damaged' } });
    expect(life.core.status()).toMatchObject({ dropped: 5, failing: null });
    await life.core.close();
  });

  it('without its keys is refused', async () => {
    const folder = temporaryFolder(onTestFinished);
    await live(folder).core.close();
    rmSync(join(folder, 'keys'), { recursive: true });
    expect(() => live(folder)).toThrowError(code('store_damaged'));
  });
});
