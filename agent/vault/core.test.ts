import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

async function ready(life: Life, owners: Person[]): Promise<Life> {
  await life.core.setIdentity(IDENTITY);
  await life.core.setOwners(owners);
  return life;
}

describe('the way of a reading', () => {
  it('leads from the inbox over a sealed record to 32 bytes', async () => {
    const ann = await person(1);
    const life = await ready(live(temporaryFolder(onTestFinished)), [ann]);
    life.core.commit(group([part(ann.owner, 0, 10)]));
    life.core.commit(group([part(ann.owner, 10, 5)]));
    expect(life.core.status()).toMatchObject({ readings: 15, backlog: { readings: 15, batches: 0 } });
    await life.core.flush();
    expect(life.sealed).toBe(1);
    const pending = life.core.pending(10);
    expect(pending.map(({ type, readings }) => [type, readings])).toEqual([
      ['epoch.open', 0],
      ['record.register', 15],
    ]);
    const read = await readAll(life.core, ann);
    expect(values(read)).toEqual(upTo(15));
    expect(read.map(({ counter }) => counter)).toEqual(upTo(15));

    life.core.putOwn([{ seq: 0, leaf: new Uint8Array(32).fill(1), entry: new Uint8Array([1]), index: 5 }]);
    life.core.commitSigned(pending.map(({ id }, i) => fakeEntry(id, i + 1)));
    life.core.accepted(pending.map(({ id }, i) => ({ id, index: i + 6 })));
    expect(life.core.pending(10).map(({ state, seq, index }) => [state, seq, index])).toEqual([
      ['accepted', 1, 6],
      ['accepted', 2, 7],
    ]);
    life.core.proven({ throughSeq: 2, meta: { checkpoint: new Uint8Array([7]) } });
    expect(life.core.pending(10)).toEqual([]);
    expect(life.core.blob(pending[1]?.blobHash as Uint8Array)).toBeNull();
    expect(life.core.ownLeaves()).toMatchObject({ proven: 3 });
    expect(life.core.meta('checkpoint')).toEqual(Buffer.from([7]));
    expect(life.core.status()).toMatchObject({
      proven: 15,
      registrations: 3,
      batches: 1,
      backlog: { readings: 0, batches: 0, bytes: 0 },
    });
    expect(life.core.records()).toMatchObject([{ count: 15, state: 'proven', seq: 2, index: 7 }]);
    await life.core.close();
  });

  it('closes batches by age, and goes on in the same epoch until a day is over', async () => {
    const ann = await person(1);
    const life = await ready(live(temporaryFolder(onTestFinished), { batchAgeMs: 1000, epochAgeMs: 5000 }), [ann]);
    for (let n = 0; n < 8; n++) {
      life.core.commit(group([part(ann.owner, n, 1)]));
      life.clock.ms = life.core.wakesAt();
      await life.core.tick();
    }
    const types = life.core.pending(100).map(({ type }) => type);
    expect(types.filter((type) => type === 'record.register').length).toBe(8);
    expect(types.filter((type) => type === 'epoch.open').length).toBe(2);
    expect(values(await readAll(life.core, ann))).toEqual(upTo(8));
    await life.core.close();
  });

  it('opens a new epoch when the readers change and after a re-enrolment', async () => {
    const ann = await person(1);
    const life = await ready(live(temporaryFolder(onTestFinished)), [ann]);
    const next = async (n: number) => {
      life.core.commit(group([part(ann.owner, n, 1)]));
      await life.core.flush();
      return life.core.pending(100).filter(({ type }) => type === 'epoch.open').length;
    };
    expect(await next(0)).toBe(1);
    await life.core.setOwners([{ ...ann, recipients: [...ann.recipients] }]);
    expect(await next(1)).toBe(1);
    await life.core.setOwners([{ ...ann, recipients: [...ann.recipients, ...(await person(2)).recipients] }]);
    expect(await next(2)).toBe(2);
    life.core.renewEpochs();
    expect(await next(3)).toBe(3);
    expect(values(await readAll(life.core, ann))).toEqual(upTo(4));
    await life.core.close();
  });

  it('counts the time without readings after a restart to the age of the epoch', async () => {
    const ann = await person(1);
    const folder = temporaryFolder(onTestFinished);
    const first = await ready(live(folder, { epochAgeMs: 1000 }), [ann]);
    first.core.commit(group([part(ann.owner, 0, 1)]));
    await first.core.flush();
    await first.core.close();
    const second = await ready(live(folder, { epochAgeMs: 1000 }), [ann]);
    second.clock.ms += 5000;
    second.core.commit(group([part(ann.owner, 1, 1)]));
    await second.core.flush();
    expect(second.core.pending(10).filter(({ type }) => type === 'epoch.open').length).toBe(2);
    await second.core.close();
  });

  it('opens another epoch when the ledger refused one for good', async () => {
    const ann = await person(1);
    const life = await ready(live(temporaryFolder(onTestFinished)), [ann]);
    life.core.commit(group([part(ann.owner, 0, 1)]));
    await life.core.flush();
    const items = life.core.pending(10);
    life.core.refused(items.map(({ id }) => ({ id, code: 'delegation_missing', permanent: true })));
    life.core.commit(group([part(ann.owner, 1, 1)]));
    await life.core.flush();
    expect(life.core.pending(10).map(({ type }) => type)).toEqual(['epoch.open', 'record.register']);
    await life.core.close();
  });

  it('seals an alarm at once, and lets its entry wait for the beat', async () => {
    const ann = await person(1);
    const life = await ready(live(temporaryFolder(onTestFinished)), [ann]);
    life.core.commit(group([part(ann.owner, 0, 1, { alarm: true })]));
    await life.core.tick();
    const records = () => life.core.pending(10).filter(({ type }) => type === 'record.register');
    expect(records()).toMatchObject([{ urgent: true, entryDue: false }]);
    life.clock.ms = life.core.wakesAt();
    life.clock.ms = 1000 + 300_000;
    await life.core.tick();
    expect(records()).toMatchObject([{ urgent: true, entryDue: true }]);
    await life.core.close();
  });

  it('keeps many owners of one commit apart', async () => {
    const people = [await person(1), await person(2), await person(3)];
    const life = await ready(live(temporaryFolder(onTestFinished)), people);
    for (let n = 0; n < 5; n++) life.core.commit(group(people.map((p, i) => part(p.owner, n * 10 + i * 100, 10))));
    await life.core.flush();
    for (const [i, p] of people.entries()) {
      const read = await readAll(life.core, p);
      expect(values(read)).toEqual(upTo(50).map((n) => n + i * 100));
      expect(read.map(({ counter }) => counter)).toEqual(upTo(50));
    }
    await life.core.close();
  });
});

describe('readings that cannot be sealed yet', () => {
  it('wait while the owner is not verified, over a restart, and keep their counters', async () => {
    const folder = temporaryFolder(onTestFinished);
    const ann = await person(1);
    let life = await ready(live(folder), [{ ...ann, sealed: false }]);
    life.core.commit(group([part(ann.owner, 0, 10)]));
    await life.core.flush();
    expect(life.core.status()).toMatchObject({ held: 10, backlog: { readings: 10, batches: 0 } });
    life.core.commit(group([part(ann.owner, 10, 10)]));
    await life.core.close();
    life = await ready(live(folder), []);
    expect(life.core.status()).toMatchObject({ held: 20, readings: 20 });
    await life.core.setOwners([ann]);
    expect(life.core.status()).toMatchObject({ held: 0, backlog: { readings: 20 } });
    const read = await readAll(life.core, ann);
    expect(values(read)).toEqual(upTo(20));
    expect(read.map(({ counter }) => counter)).toEqual(upTo(20));
    await life.core.close();
  });

  it('of a device that is nobody’s go to nobody until it is assigned, then to that owner with counters of that moment', async () => {
    const folder = temporaryFolder(onTestFinished);
    const [ann, bob] = [await person(1), await person(2)];
    const life = await ready(live(folder), [ann, bob]);
    life.core.commit(group([part(ann.owner, 0, 3)]));
    life.core.commit(group([part(null, 100, 4)]));
    await life.core.flush();
    life.core.commit(group([part(null, 104, 2)]));
    expect(values(await readAll(life.core, ann))).toEqual([0, 1, 2]);
    life.core.commit(group([part(bob.owner, 50, 2)]));
    await life.core.setAssignments(new Map([['pump', bob.owner]]));
    await life.core.flush();
    expect(values(await readAll(life.core, ann))).toEqual([0, 1, 2]);
    const read = await readAll(life.core, bob);
    expect(read.map(({ counter }) => counter)).toEqual(upTo(8));
    expect(values(read).sort((a, b) => a - b)).toEqual([50, 51, 100, 101, 102, 103, 104, 105]);
    expect(life.core.status()).toMatchObject({ held: 0, readings: 11 });
    await life.core.close();
  });

  it('without an identity wait in the inbox', async () => {
    const ann = await person(1);
    const life = live(temporaryFolder(onTestFinished));
    life.core.commit(group([part(ann.owner, 0, 3)]));
    await life.core.setOwners([ann]);
    expect(life.core.pending(10)).toEqual([]);
    await life.core.setIdentity(IDENTITY);
    expect(values(await readAll(life.core, ann))).toEqual([0, 1, 2]);
    await life.core.close();
  });
});

describe('what is at rest', () => {
  it('cannot be opened with what is left once it was consumed', async () => {
    const folder = temporaryFolder(onTestFinished);
    const ann = await person(1);
    const life = await ready(live(folder), [ann]);
    const keys = () => readdirSync(join(folder, 'keys')).map((name) => readFileSync(join(folder, 'keys', name)));
    life.core.commit(group([part(ann.owner, 0, 3)]));
    const before = keys();
    await life.core.flush();
    const after = keys();
    expect(after[0]).toEqual(after[1]);
    // Every 32-byte key of the slots before is gone from the slots after.
    const found = before.flatMap((slot) => {
      const at = slot.indexOf('inbox');
      return [slot.subarray(at + 5 + 17 + 1 + 2, at + 5 + 17 + 1 + 2 + 32)];
    });
    for (const key of found) for (const slot of after) expect(slot.includes(key)).toBe(false);
    await life.core.close();
  });

  it('holds no reading in clear', async () => {
    const folder = temporaryFolder(onTestFinished);
    const ann = await person(1);
    const life = await ready(live(folder), [{ ...ann, sealed: false }]);
    life.core.commit(group([part(ann.owner, 0, 3)]));
    life.core.commit({
      ...group([]),
      quarantined: [{ wallMs: 1, device: 'pump', reason: 'payload_malformed', bytes: Buffer.from('MDC_PRESS secret') }],
    });
    await life.core.flush();
    expect(life.core.quarantined(5)).toMatchObject([{ reason: 'payload_malformed' }]);
    expect(life.core.status().quarantined).toBe(1);
    await life.core.close();
    for (const name of readdirSync(folder, { recursive: true }) as string[]) {
      if (name === 'keys') continue;
      expect(readFileSync(join(folder, name)).includes('MDC_PRESS')).toBe(false);
    }
  });

  it('written by a newer version is refused', async () => {
    const folder = temporaryFolder(onTestFinished);
    await live(folder).core.close();
    const db = new Database(join(folder, 'agent.db'));
    db.pragma('user_version = 2');
    db.close();
    expect(() => live(folder)).toThrowError(expect.objectContaining({ code: 'store_newer' }));
  });
});
