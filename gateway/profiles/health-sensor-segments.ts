// Segments of the Generic Health Sensor: an observation may be longer than a notification, and then comes in pieces, each
// with one octet that says where it belongs. A pure machine puts them together, bounded, and never across a gap.
import { VitalsealError } from '@vitalseal/ledger';

export interface SegmentHeader {
  readonly first: boolean;
  readonly last: boolean;
  /** 0..63, one more with each segment of the connection, then again from 0. */
  readonly counter: number;
}

/** An observation's length is 16 bits, after three octets; a stored one has its record number before it. */
export const MAX_OBSERVATION = 0xffff + 3 + 4;
/** At the smallest link (20 octets a notification) an observation of any length fits into these. */
const MAX_SEGMENTS = 4096;

/** What has come of an observation that is not whole yet. Empty: none has begun. */
export interface Assembly {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  readonly counter: number;
}

export const NO_ASSEMBLY: Assembly = { parts: [], bytes: 0, counter: 0 };

export interface Assembled {
  readonly assembly: Assembly;
  /** The observation without segment headers, once it is whole. */
  readonly whole: Uint8Array | null;
  /** What had to be given up, with the reason, for the quarantine. */
  readonly lost: { readonly bytes: Uint8Array; readonly why: 'gap' | 'endless' | 'orphan' | 'empty' } | null;
}

/** Throws `characteristic_truncated` for a segment without its header. */
export function segmentHeader(segment: Uint8Array): SegmentHeader {
  const octet = segment[0];
  if (octet === undefined) throw new VitalsealError('characteristic_truncated', 'a segment without its header');
  return { first: (octet & 1) === 1, last: (octet & 2) === 2, counter: octet >> 2 };
}

/**
 * Adds one notification. Segments that repeat the latest one are dropped in silence; after a gap all is given up until
 * the next first segment. Keeps copies: the caller may reuse its buffer. Never throws.
 */
export function assemble(assembly: Assembly, segment: Uint8Array): Assembled {
  if (segment.length < 2) return { assembly, whole: null, lost: lost('empty', [segment]) };
  const { first, last, counter } = segmentHeader(segment);
  const part = segment.slice(1);
  const begun = assembly.parts.length > 0;
  if (first) {
    if (begun && !last && isRepeat(assembly, counter, part)) return { assembly, whole: null, lost: null };
    const given = begun ? lost('gap', assembly.parts) : null;
    if (last) return { assembly: NO_ASSEMBLY, whole: part, lost: given };
    return { assembly: { parts: [part], bytes: part.length, counter }, whole: null, lost: given };
  }
  if (!begun) return { assembly: NO_ASSEMBLY, whole: null, lost: lost('orphan', [part]) };
  if (isRepeat(assembly, counter, part)) return { assembly, whole: null, lost: null };
  if (counter !== (assembly.counter + 1) % 64) return gaveUp('gap', assembly, part);
  const bytes = assembly.bytes + part.length;
  if (bytes > MAX_OBSERVATION || assembly.parts.length >= MAX_SEGMENTS) return gaveUp('endless', assembly, part);
  const parts = [...assembly.parts, part];
  if (last) return { assembly: NO_ASSEMBLY, whole: joined(parts), lost: null };
  return { assembly: { parts, bytes, counter }, whole: null, lost: null };
}

function isRepeat({ parts, counter: latest }: Assembly, counter: number, part: Uint8Array): boolean {
  const held = parts.at(-1);
  return held !== undefined && counter === latest && held.length === part.length && held.every((b, i) => b === part[i]);
}

function gaveUp(why: 'gap' | 'endless', assembly: Assembly, part: Uint8Array): Assembled {
  return { assembly: NO_ASSEMBLY, whole: null, lost: lost(why, [...assembly.parts, part]) };
}

function lost(why: NonNullable<Assembled['lost']>['why'], parts: readonly Uint8Array[]): Assembled['lost'] {
  return { bytes: joined(parts), why };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
