import { describe, expect, it } from 'vitest';
import { type ChainPositions, openSlots, type SlotFiles } from './slots.ts';

const at = (step: number, chains = 1): ChainPositions =>
  new Map(
    Array.from({ length: chains }, (_, n) => [
      `chain ${n}`,
      { id: new Uint8Array(16).fill(n), step, key: new Uint8Array(32).fill(step) },
    ]),
  );

/** Slots in memory; a write can be cut after so many bytes. */
function memory(): {
  files: SlotFiles;
  bytes: (Uint8Array | null)[];
  cutAfter: { writes: number; bytes: number } | null;
} {
  const disk = {
    bytes: [null, null] as (Uint8Array | null)[],
    cutAfter: null as { writes: number; bytes: number } | null,
    files: {
      read: (slot) => disk.bytes[slot]?.slice() ?? null,
      write(slot, bytes) {
        const cut = disk.cutAfter;
        if (cut !== null && cut.writes-- === 0) {
          const torn = new Uint8Array(Math.max(bytes.length, disk.bytes[slot]?.length ?? 0));
          torn.set(disk.bytes[slot] ?? []);
          torn.set(bytes.subarray(0, cut.bytes));
          disk.bytes[slot] = torn;
          throw new Error('power cut');
        }
        disk.bytes[slot] = bytes.slice();
      },
    } as SlotFiles,
  };
  return disk;
}

describe('key slots', () => {
  it('are null until they are written, then give back what was written last', () => {
    const disk = memory();
    expect(openSlots(disk.files).read()).toBeNull();
    const slots = openSlots(disk.files);
    slots.write(at(1));
    slots.write(at(2, 100));
    slots.write(at(3));
    expect(openSlots(disk.files).read()).toEqual(at(3));
  });

  it('hold no older key in either slot once a write has returned, also after one that was longer', () => {
    const disk = memory();
    const slots = openSlots(disk.files);
    slots.write(at(7, 200));
    slots.write(at(8));
    for (const bytes of disk.bytes) expect(Buffer.from(bytes as Uint8Array).includes(Buffer.alloc(32, 7))).toBe(false);
  });

  it('survive a power cut at every byte of either write: the other slot wins', () => {
    for (const writes of [0, 1]) {
      for (let bytes = 0; bytes < 300; bytes++) {
        const disk = memory();
        const slots = openSlots(disk.files);
        slots.write(at(1));
        slots.write(at(2));
        disk.cutAfter = { writes, bytes };
        expect(() => slots.write(at(3))).toThrow('power cut');
        disk.cutAfter = null;
        const again = openSlots(disk.files);
        const read = again.read();
        expect([at(2), at(3)]).toContainEqual(read);
        if (writes === 1) expect(read).toEqual(at(3));
        again.write(at(4));
        expect(openSlots(disk.files).read()).toEqual(at(4));
      }
    }
  });

  it('survive a write that failed and then one that was cut', () => {
    for (let bytes = 0; bytes < 300; bytes += 7) {
      const disk = memory();
      const slots = openSlots(disk.files);
      slots.write(at(1));
      disk.cutAfter = { writes: 1, bytes };
      expect(() => slots.write(at(2))).toThrow('power cut');
      disk.cutAfter = { writes: 0, bytes };
      expect(() => slots.write(at(3))).toThrow('power cut');
      expect([at(2), at(3)]).toContainEqual(openSlots(disk.files).read());
    }
  });

  it('say so when both are damaged', () => {
    const disk = memory();
    openSlots(disk.files).write(at(1));
    for (const bytes of disk.bytes) bytes?.fill(1, 20, 21);
    expect(() => openSlots(disk.files).read()).toThrowError(expect.objectContaining({ code: 'store_damaged' }));
  });
});
