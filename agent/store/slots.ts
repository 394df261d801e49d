// Where chain keys live: outside the database, in two slots that are overwritten in place, so that a key which was
// ratcheted away is in no page, log or backup of the database. One slot is always whole: they are written in turn.

import { decodeCbor, encodeCbor, equalBytes, sha256, VitalsealError } from '@vitalseal/ledger';

/** A position in a hash-ratcheted chain. `id` names the chain's draw, so that the database can tell another one. */
export interface ChainPosition {
  readonly id: Uint8Array;
  readonly step: number;
  readonly key: Uint8Array;
}

export type ChainPositions = ReadonlyMap<string, ChainPosition>;

/** Two files of bytes, nothing more. */
export interface SlotFiles {
  /** The bytes of a slot, or null when it was never written. */
  read(slot: 0 | 1): Uint8Array | null;
  /** Overwrites in place, never shrinks; has survived a power cut once it has returned. Throws `disk_full`. */
  write(slot: 0 | 1, bytes: Uint8Array): void;
}

const MAGIC = new TextEncoder().encode('vsslot1\n');
const HEAD = MAGIC.length + 8 + 4;
const BLOCK = 4096;

export interface Slots {
  /** The newest whole slot; null when neither was ever written. Throws `store_damaged` when both are torn. */
  read(): ChainPositions | null;
  /** On return both slots hold exactly these positions: what was ratcheted away is gone from both. */
  write(positions: ChainPositions): void;
}

export function openSlots(files: SlotFiles): Slots {
  let generation = 0;
  let length = BLOCK;
  /** Written first: the slot that is not the newest whole one. */
  let next: 0 | 1 = 0;
  return {
    read() {
      const raw = [files.read(0), files.read(1)] as const;
      const found = raw.map((bytes) => (bytes === null ? null : parse(bytes)));
      for (const bytes of raw) length = Math.max(length, bytes?.length ?? 0);
      const [a, b] = [found[0] ?? null, found[1] ?? null];
      const newest = a !== null && (b === null || a.generation >= b.generation) ? a : b;
      if (newest === null) {
        if (raw[0] === null && raw[1] === null) return null;
        // A power cut while the very first pair was written leaves one torn slot and no other: nothing was sealed yet.
        if (raw[0] === null || raw[1] === null) return null;
        throw new VitalsealError('store_damaged', 'both key slots are damaged');
      }
      generation = newest.generation;
      next = newest === a ? 1 : 0;
      return newest.positions;
    },
    write(positions) {
      generation += 1;
      const bytes = format(generation, positions, length);
      length = bytes.length;
      // Twice, one after the other: a torn write never meets a slot while the other one is not whole.
      for (let written = 0; written < 2; written++) {
        files.write(next, bytes);
        next = next === 0 ? 1 : 0;
      }
    },
  };
}

function format(generation: number, positions: ChainPositions, atLeast: number): Uint8Array {
  const body = encodeCbor([...positions].map(([name, p]) => [name, p.id, p.step, p.key]));
  const size = Math.max(atLeast, Math.ceil((HEAD + body.length + 32) / BLOCK) * BLOCK);
  const bytes = new Uint8Array(size); // zeros to the end: nothing of a longer predecessor stays
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setBigUint64(MAGIC.length, BigInt(generation));
  view.setUint32(MAGIC.length + 8, body.length);
  bytes.set(body, HEAD);
  bytes.set(sha256(bytes.subarray(0, HEAD + body.length)), HEAD + body.length);
  return bytes;
}

function parse(bytes: Uint8Array): { generation: number; positions: ChainPositions } | null {
  if (bytes.length < HEAD + 32 || !equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = HEAD + view.getUint32(MAGIC.length + 8);
  if (end + 32 > bytes.length) return null;
  if (!equalBytes(sha256(bytes.subarray(0, end)), bytes.subarray(end, end + 32))) return null;
  const positions = new Map<string, ChainPosition>();
  for (const row of decodeCbor(bytes.subarray(HEAD, end)) as [string, Uint8Array, number, Uint8Array][])
    positions.set(row[0], { id: row[1], step: row[2], key: row[3] });
  return { generation: Number(view.getBigUint64(MAGIC.length)), positions };
}
