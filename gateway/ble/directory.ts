// What the agent tells the Bluetooth side of the gateway: which devices are whose, and where record cursors are kept.
import type { BleAddress } from './radio.ts';
import type { ClockSetting } from './time/device-clock.ts';

/** How a device is recognised: every part that is given must agree. Nothing that no rule allows is ever connected. */
export interface BleMatch {
  /** The surest: an identity address, or one that never changes. */
  readonly address: BleAddress | null;
  /** The advertised name, exactly. Anybody can send it: for devices whose addresses rotate and that cannot be paired. */
  readonly name: string | null;
  /** A service that must be advertised, shortened (`180D`). Narrows the others; refused alone. */
  readonly service: string | null;
}

/** A device of the allow list. */
export interface BleDevice {
  /** The gateway's name of it, as in readings. */
  readonly device: string;
  readonly match: BleMatch;
  /** Whether its clock may be set when it is wrong. */
  readonly setClock: boolean;
}

/** The allow list; a memory look-up. */
export interface BleDirectory {
  list(): readonly BleDevice[];
}

/**
 * Where the source keeps what it must remember of a device's stored records: a small opaque blob a device (< 1 kB).
 * `save` is durable when it resolves.
 */
export interface RecordCursors {
  load(device: string): Promise<Uint8Array | null>;
  save(device: string, cursor: Uint8Array): Promise<void>;
}

export type BleState =
  /** Not heard since the start. */
  | 'unseen'
  /** Heard; waits for one of the adapter's slots. */
  | 'queued'
  | 'connecting'
  | 'pairing'
  /** Reads what it is and its clock, subscribes. */
  | 'subscribing'
  /** Fetches what it stored. */
  | 'stored-records'
  | 'live'
  /** Failed, or done; tries again after a pause. */
  | 'waiting'
  /** Only its advertisements are read. */
  | 'advertising'
  /** Sends more than allowed: dropped for a while. */
  | 'throttled';

/** A device's clock: device minus gateway, ± uncertainty. */
export interface BleClock {
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
  /** It cannot be right. */
  readonly fault: boolean;
  /** Whether it is set, and else why not. */
  readonly setting: ClockSetting;
}

/** How one device stands. Never a reading. */
export interface BleStatus {
  readonly device: string;
  readonly state: BleState;
  readonly address: BleAddress | null;
  readonly rssi: number | null;
  readonly paired: boolean;
  /** Unix ms; null before. */
  readonly lastSeenMs: number | null;
  readonly lastReadingMs: number | null;
  readonly connections: number;
  readonly readings: number;
  readonly quarantined: number;
  /** Packets not taken because it floods. */
  readonly throttled: number;
  /** An error code: why it does not go on, if so (`pairing_needed` …). */
  readonly problem: string | null;
  /** At the last look; null before, `none` of a device that has none to read. */
  readonly clock: BleClock | 'none' | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  /** Percent. */
  readonly battery: number | null;
}
