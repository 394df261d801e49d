// For tests: a glucose meter and a continuous monitor as a table of characteristics, with stored records behind a control
// point. Bytes in, bytes out; it knows nothing of sessions.
import type { GattCharacteristic } from '../radio.ts';

export interface StoredRecord {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  /** Its context, sent after it. */
  readonly beside?: Uint8Array;
}

/** A Glucose Measurement: `mmol` in tenths, at a minute of one day. */
export function glucoseRecord(sequence: number, tenths: number, minute = sequence % 1440): StoredRecord {
  const [hours, minutes] = [Math.floor(minute / 60), minute % 60];
  const bytes = [0b110, sequence & 0xff, sequence >> 8, 0xe9, 0x07, 5, 21, hours, minutes, 0, tenths & 0xff];
  return { sequence, bytes: Uint8Array.of(...bytes, 0xc0 | ((tenths >> 8) & 0xf), 0x11) };
}

/** With a Glucose Measurement Context: a meal. */
export function withContext(record: StoredRecord): StoredRecord {
  return { ...record, beside: Uint8Array.of(0b10, record.sequence & 0xff, record.sequence >> 8, 1) };
}

/** A CGM Measurement without checksum. */
export function cgmRecord(offset: number, mgdl: number): StoredRecord {
  return { sequence: offset, bytes: Uint8Array.of(6, 0, mgdl & 0xff, mgdl >> 8, offset & 0xff, offset >> 8) };
}

export function characteristic(
  service: string,
  uuid: string,
  can: string,
  handle = `${service}/${uuid}`,
): GattCharacteristic {
  const [canRead, canWrite, canSubscribe] = ['r', 'w', 's'].map((letter) => can.includes(letter));
  return {
    handle,
    service,
    uuid,
    canRead: canRead === true,
    canWrite: canWrite === true,
    canSubscribe: canSubscribe === true,
  };
}

export const METER: readonly GattCharacteristic[] = [
  characteristic('180A', '2A29', 'r'),
  characteristic('180A', '2A24', 'r'),
  characteristic('180A', '2A26', 'r'),
  characteristic('180F', '2A19', 'rs'),
  characteristic('1805', '2A2B', 'rw'),
  characteristic('1808', '2A18', 's'),
  characteristic('1808', '2A34', 's'),
  characteristic('1808', '2A52', 'ws'),
];

export const MONITOR: readonly GattCharacteristic[] = [
  characteristic('181F', '2AAA', 'r'),
  characteristic('181F', '2AA7', 's'),
  characteristic('181F', '2A52', 'ws'),
];

export const STRAP: readonly GattCharacteristic[] = [
  characteristic('180F', '2A19', 'rs'),
  characteristic('180D', '2A37', 's'),
];

export interface MeterHabits {
  /** Answers "operator not supported" to "greater or equal". */
  readonly allOnly?: boolean;
  /** Sends nothing at all. */
  readonly mute?: boolean;
  /** The order in which it sends; by sequence when absent. */
  readonly order?: (records: readonly StoredRecord[]) => readonly StoredRecord[];
  /** Knows no abort. */
  readonly unabortable?: boolean;
}

const bySequence = (records: readonly StoredRecord[]) => records.toSorted((a, b) => a.sequence - b.sequence);

/** What a meter indicates and notifies after a write to its control point: [uuid, bytes] in order. */
export function meterAnswers(
  records: readonly StoredRecord[],
  request: Uint8Array,
  habits: MeterHabits = {},
  uuid = '2A18',
): readonly (readonly [string, Uint8Array])[] {
  const response = (value: number) => ['2A52', Uint8Array.of(6, 0, request[0] ?? 0, value)] as const;
  if (habits.mute === true) return [];
  if (request[0] === 3) return [response(habits.unabortable === true ? 2 : 1)];
  if (request[0] !== 1) return [response(2)];
  if (request[1] === 3 && habits.allOnly === true) return [response(4)];
  const from = request[1] === 3 ? (request[3] ?? 0) | ((request[4] ?? 0) << 8) : 0;
  const sent = (habits.order ?? bySequence)(records).filter(({ sequence }) => sequence >= from);
  if (sent.length === 0) return [response(6)];
  const values = sent.flatMap(({ bytes, beside }): (readonly [string, Uint8Array])[] =>
    beside === undefined
      ? [[uuid, bytes]]
      : [
          [uuid, bytes],
          ['2A34', beside],
        ],
  );
  return [...values, response(1)];
}
