import { formatCheckpoint, hashLeaf, logSigner, signNote, type Tile, utf8 } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { type LogFiles, type Published, Publisher } from './publisher.ts';

const ORIGIN = 'example.org/log';
const rootAt = (size: number) => (size > 1_000 ? null : hashLeaf(utf8(String(size))));

function published(size: number): Published {
  const root = rootAt(size) as Uint8Array;
  const sign = logSigner({ name: ORIGIN, secretKey: new Uint8Array(32).fill(1) });
  return { size, root, note: signNote(formatCheckpoint({ origin: ORIGIN, size, root }), [sign]) };
}

/** Files that fail as told; `anyway`: the failing write has happened nevertheless. */
class Told implements LogFiles {
  note: string | null = null;
  readonly tiles: string[] = [];
  fault: 'none' | 'tile' | 'checkpoint' = 'none';
  anyway = false;

  async checkpoint() {
    return this.note;
  }
  async writeFullTile({ level, index }: Tile) {
    if (this.fault !== 'tile' || this.anyway) this.tiles.push(`${level}/${index}`);
    if (this.fault === 'tile') throw new Error('told to fail');
  }
  async writeCheckpoint(note: string) {
    if (this.fault !== 'checkpoint' || this.anyway) this.note = note;
    if (this.fault === 'checkpoint') throw new Error('told to fail');
  }
}

describe('Publisher', () => {
  it('writes full tiles before the checkpoint that needs them, each once', async () => {
    const files = new Told();
    const publisher = new Publisher({ files, rootAt });
    for (const size of [10, 300, 600]) {
      publisher.offer(published(size));
      await publisher.settled();
      expect(files.note).toBe(published(size).note);
    }
    expect(files.tiles).toEqual(['0/0', '0/1']);
    publisher.offer(published(20));
    expect(publisher.current?.size).toBe(600);
  });

  it.each([
    ['tile', false],
    ['tile', true],
    ['checkpoint', false],
    ['checkpoint', true],
  ] as const)(
    'a %s that cannot be written (persisted anyway: %s) is tried again, and shown by nobody before',
    async (fault, anyway) => {
      const files = new Told();
      let failures = 0;
      const publisher = new Publisher({ files, rootAt, retryMs: 5, onFailure: () => failures++ });
      publisher.offer(published(10));
      await publisher.settled();
      Object.assign(files, { fault, anyway });
      publisher.offer(published(300));
      await publisher.settled();
      expect(publisher.current?.size).toBe(10);
      files.fault = 'none';
      expect((await publisher.waitFor(300, 2_000))?.size).toBe(300);
      expect(failures).toBeGreaterThan(0);
      expect(new Set(files.tiles)).toEqual(new Set(['0/0']));
    },
  );

  it('goes on from what was published, and refuses to publish a second history', async () => {
    const files = new Told();
    files.note = published(300).note;
    const publisher = new Publisher({ files, rootAt });
    await publisher.recover();
    publisher.offer(published(600));
    await publisher.settled();
    expect(files.tiles).toEqual(['0/1']);

    const older = new Publisher({ files, rootAt: (size) => (size > 500 ? null : rootAt(size)) });
    await expect(older.recover()).rejects.toMatchObject({ code: 'checkpoint_forked' });
    const other = new Publisher({ files, rootAt: () => hashLeaf(utf8('another ledger')) });
    await expect(other.recover()).rejects.toMatchObject({ code: 'checkpoint_forked' });
  });

  it('wakes who waits for a size, at the time-out, when they go away, and at the end', async () => {
    const publisher = new Publisher({ files: new Told(), rootAt });
    const gone = new AbortController();
    const waits = [
      publisher.waitFor(5, 5_000),
      publisher.waitFor(50, 10),
      publisher.waitFor(500, 5_000, gone.signal),
      publisher.waitFor(900, 5_000),
    ];
    gone.abort();
    publisher.offer(published(10));
    expect((await waits[0])?.size).toBe(10);
    await Promise.all([waits[1], waits[2]]);
    expect(publisher.waiting).toBe(1);
    await publisher.close();
    expect((await waits[3])?.size).toBe(10);
    expect(publisher.waiting).toBe(0);
  });
});
