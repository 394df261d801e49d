// What a characteristic says, once decoded: readings for the inbox, and every other field under its name for an engineer
// at the bench. Pure data; the clock and the device are stamped on later.
import type { Measured } from '../decoding/stamp.ts';

/** A field of a packet: numbers as sent, names as the specification spells them, in camelCase keys. */
export type Fact = string | number | boolean | null | readonly Fact[] | { readonly [name: string]: Fact };
export type Facts = { readonly [name: string]: Fact };

/** What identifies a stored record of a device: its own sequence number and the time that it counts from. */
export interface RecordId {
  /**
   * 0..65535: Glucose sequence number; CGM time offset in minutes. 0..2^32-1: record number of a health sensor. The records of
   * a pulse oximeter have none.
   */
  readonly sequence: number;
  /** As the device sent it; null where the session start (CGM) has to be added by whoever knows it. */
  readonly baseTime: string | null;
}

/** One measurement. Its readings share a group. */
export interface Measurement {
  readonly readings: readonly Measured[];
  /** Whatever the record carries besides its readings, and the raw numbers behind names. */
  readonly facts: Facts;
  /** Null for characteristics that no RACP stores. */
  readonly record: RecordId | null;
  /** This record's own bytes: of a CGM packet with several, its slice; of a stored observation, all but its number. */
  readonly bytes: Uint8Array;
  /** What of them is the same whenever it is told, where that is not all. */
  readonly lasting?: Uint8Array;
}

export interface DecodedPacket {
  /** Most characteristics carry one or none; a CGM Measurement may carry several. */
  readonly measurements: readonly Measurement[];
  /** Of the packet as a whole (features, control point answers, strings). */
  readonly facts: Facts;
}

/** Throws `characteristic_truncated`, `characteristic_malformed`, `characteristic_reserved`, `characteristic_crc` or `time_malformed`; nothing else. */
export type Decoder = (bytes: Uint8Array) => DecodedPacket;

/** A characteristic that can be decoded: its name in the Bluetooth assigned numbers, and how. */
export interface Characteristic {
  readonly name: string;
  readonly decode: Decoder;
}

/** What a profile's file adds to the registry: characteristics by shortened UUID (`2A37`). */
export type CharacteristicTable = Readonly<Record<string, Characteristic>>;

export const NOTHING: Facts = {};

/** A packet with one measurement. */
export function oneMeasurement(
  bytes: Uint8Array,
  readings: readonly Measured[],
  facts: Facts,
  record: RecordId | null = null,
): DecodedPacket {
  return { measurements: [{ readings, facts, record, bytes }], facts: NOTHING };
}

/** A packet without readings. */
export function factsOnly(facts: Facts): DecodedPacket {
  return { measurements: [], facts };
}
