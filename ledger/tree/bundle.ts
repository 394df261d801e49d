// Entry bundles: the entries themselves as static files, up to 256 in one, each with a u16 length before it
// (C2SP tlog-tiles, "Log entries").
import { VitalsealError } from '../errors.ts';
import { TILE_WIDTH } from './tiles.ts';

const MAX_ENTRY = 0xffff;

/** The bundle of 1 to 256 entries, each at most 65,535 bytes. Throws `tile_invalid`. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0 || entries.length > TILE_WIDTH) {
    throw new VitalsealError('tile_invalid', 'an entry bundle holds 1 to 256 entries');
  }
  if (entries.some((entry) => entry.length > MAX_ENTRY)) {
    throw new VitalsealError('tile_invalid', 'an entry of a bundle has at most 65,535 bytes');
  }
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const entry of entries) {
    view.setUint16(offset, entry.length);
    bytes.set(entry, offset + 2);
    offset += 2 + entry.length;
  }
  return bytes;
}

/** The entries of a bundle, as views into `bytes`. Throws `tile_invalid`: cut short, empty, more than 256. */
export function decodeEntryBundle(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (entries.length === TILE_WIDTH) throw new VitalsealError('tile_invalid', 'a bundle has more than 256 entries');
    const end = offset + 2 <= bytes.length ? offset + 2 + view.getUint16(offset) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw new VitalsealError('tile_invalid', 'an entry bundle is cut short');
    entries.push(bytes.subarray(offset + 2, end));
    offset = end;
  }
  if (entries.length === 0) throw new VitalsealError('tile_invalid', 'an entry bundle is empty');
  return entries;
}
