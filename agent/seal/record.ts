// A closed batch becomes a sealed record: columns, deflate, commitment, padding, one age file. Nothing is stored here;
// the transaction that puts it into the outbox is the vault's.

import {
  type Address,
  BATCH_CONTENT_TYPE,
  CLOCK_QUALITIES,
  commitReadings,
  encodeBatch,
  type Hash,
  newBatchSalt,
  type Reading,
  type RecordRegister,
  randomBytes,
  sealRecord,
  sha256,
  streamId,
} from '@vitalseal/ledger';

/** The ledger's grid of intervals: the exact times stay inside the ciphertext. */
const GRID_SECONDS = 300;

export interface RecordPlace {
  readonly origin: string;
  readonly signer: Address;
  readonly owner: Address;
  readonly epoch: Hash;
  readonly index: number;
  readonly chainKey: Uint8Array;
}

export interface SealedRecord {
  readonly body: RecordRegister;
  readonly file: Uint8Array;
}

/** Readings of one stream, an unbroken run of counters in arrival order. `deflate`: raw (RFC 1951). */
export async function makeRecord(
  readings: readonly Reading[],
  place: RecordPlace,
  deflate: (bytes: Uint8Array) => Uint8Array,
): Promise<SealedRecord> {
  const { origin, signer, owner, epoch, index, chainKey } = place;
  const recordId = randomBytes(16);
  const salt = newBatchSalt();
  const first = readings[0] as Reading;
  const last = readings.at(-1) as Reading;
  const header = {
    origin,
    owner,
    signer,
    recordId,
    version: 1,
    epoch,
    index,
    count: readings.length,
    firstCounter: first.counter,
    lastCounter: last.counter,
  };
  const { plaintext, ordered } = encodeBatch(readings, salt, deflate);
  const { root } = commitReadings(header, salt, ordered);
  const file = await sealRecord({ plaintext, chainKey, origin, stream: streamId(origin, owner, signer), epoch, index });
  return {
    file,
    body: {
      owner,
      recordId,
      version: 1,
      previous: null,
      interval: intervalOf(readings),
      clock: worstClock(readings),
      contentType: BATCH_CONTENT_TYPE,
      blobHash: sha256(file),
      blobSize: file.length,
      commitment: root,
      epoch,
      index,
    },
  };
}

/** Unix seconds, outwards to the 5-minute grid. Before 1970 (a clock that was never set) counts as 1970. */
export function intervalOf(readings: readonly Reading[]): { start: number; end: number } {
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const { wallMs } of readings) {
    if (wallMs < from) from = wallMs;
    if (wallMs > to) to = wallMs;
  }
  const grid = GRID_SECONDS * 1000;
  return {
    start: Math.max(0, Math.floor(from / grid)) * GRID_SECONDS,
    end: Math.max(0, Math.ceil(to / grid)) * GRID_SECONDS,
  };
}

function worstClock(readings: readonly Reading[]): RecordRegister['clock'] {
  let worst = CLOCK_QUALITIES.length - 1;
  for (const { clock } of readings) worst = Math.min(worst, CLOCK_QUALITIES.indexOf(clock));
  return CLOCK_QUALITIES[worst] as RecordRegister['clock'];
}
