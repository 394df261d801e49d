// How much may stand beside the values of one health observation. A header is said once and counts for each reading that
// follows: what is too large is refused whole, never cut, so that the packet goes to quarantine with every octet.
import { CONTEXT_BYTES, encodeCbor, VitalsealError } from '@vitalseal/ledger';
import type { Measured } from '../decoding/stamp.ts';

/** What the session adds (clock, storage, session start) has to fit in as well. */
const ROOM = 256;
/** A few octets make a reading: thousands of them would repeat a long header until no segment holds them. */
const MAX_TOGETHER = 512 * 1024;

/** Throws `characteristic_malformed`. The number of keys is bounded by what a header can have. */
export function checkContexts(readings: readonly Measured[]): void {
  let together = 0;
  for (const { context } of readings) {
    if (context === null) continue;
    const size = encodeCbor(context).length;
    together += size;
    if (size > CONTEXT_BYTES - ROOM || together > MAX_TOGETHER) {
      throw new VitalsealError('characteristic_malformed', 'more is said beside the value than a reading can hold');
    }
  }
}
