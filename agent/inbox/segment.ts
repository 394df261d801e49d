// A segment row: what one group commit leaves in the inbox. Its head says in clear how many readings of which lane it
// holds, so that a start need not open it; its body is sealed under a key of its own and bound to the head.

import { decodeCbor, encodeCbor, VitalsealError } from '@vitalseal/ledger';

/** A lane's share: its place in the opened body, and the stream counter of its first reading (null: nobody's yet). */
export interface SegmentPart {
  readonly lane: number;
  readonly first: number | null;
  readonly count: number;
  readonly offset: number;
  readonly length: number;
  readonly alarm: boolean;
}

/** Totals as they were after the commit; a start takes them from the newest segment. */
export interface InboxTotals {
  readonly readings: number;
  readonly quarantined: number;
  readonly duplicates: number;
  readonly unacknowledged: number;
  readonly unmapped: number;
}

export const NO_TOTALS: InboxTotals = { readings: 0, quarantined: 0, duplicates: 0, unacknowledged: 0, unmapped: 0 };

export interface SegmentHead {
  readonly totals: InboxTotals;
  /** In the order of the body. */
  readonly parts: readonly SegmentPart[];
}

export function encodeHead({ totals, parts }: SegmentHead): Uint8Array {
  return encodeCbor([
    encodeTotals(totals),
    parts.map(({ lane, first, count, length, alarm }) => [lane, first, count, length, alarm]),
  ]);
}

/** Throws `store_damaged`. */
export function decodeHead(bytes: Uint8Array): SegmentHead {
  try {
    const [totals, rows] = decodeCbor(bytes) as [number[], [number, number | null, number, number, boolean][]];
    let offset = 0;
    const parts = rows.map(([lane, first, count, length, alarm]) => {
      offset += length;
      return { lane, first, count, offset: offset - length, length, alarm };
    });
    return { totals: decodeTotals(totals), parts };
  } catch {
    throw new VitalsealError('store_damaged', 'the head of a segment is damaged');
  }
}

export function encodeTotals(t: InboxTotals): number[] {
  return [t.readings, t.quarantined, t.duplicates, t.unacknowledged, t.unmapped];
}

export function decodeTotals(values: readonly number[]): InboxTotals {
  const [readings = 0, quarantined = 0, duplicates = 0, unacknowledged = 0, unmapped = 0] = values;
  return { readings, quarantined, duplicates, unacknowledged, unmapped };
}
