// The contract between a source of readings (the MQTT broker, a BLE radio) and the sink that keeps them.
// It is short on purpose: what it says of durability is what PUBACK and the BLE record cursor are allowed to promise.
import type { ErrorCode, Reading, VitalsealError } from '@vitalseal/ledger';

/** A reading as a source hands it over; its place in the stream (`counter`) is given by the sink's commit. */
export type UncountedReading = Omit<Reading, 'counter'>;

/**
 * Where a message came from: what a sink needs to recognise one that is sent again.
 *
 * MQTT: `user` is the login's name, `client` the client id as the client chose it, without its user. `packetId` is null
 * for QoS 0. `duplicate` is the DUP flag: a PUBLISH without it is new, whatever it equals.
 *
 * A record that a Bluetooth device has stored: `user` is `ble/` and the device's name, which no MQTT user can be, since
 * names have no slash; `client` the characteristic (`2A18`), `packetId` the record's sequence number, `duplicate` always
 * true, since a record may come with every dump. A sink remembers 32,768 ids of such a user, and 1,024 of one of MQTT.
 *
 * `payloadHash` is the first 8 bytes of a hash under a secret key, which lives outside the database: of the payload (zeros
 * for QoS 0), or of what makes a record that one record, sequence number, base time and bytes among them.
 */
export interface MessageOrigin {
  readonly user: string;
  readonly client: string;
  readonly packetId: number | null;
  readonly duplicate: boolean;
  readonly payloadHash: Uint8Array;
  readonly twin?: MessageTwin;
}

/**
 * What a value that a device told live has in common with the record that it stored of it, where only the store numbers it.
 * With the live value (`packetId` null) the sink remembers it; a stored record that is not known and finds one
 * remembered, which no other record took, takes it: then it is that value, and nothing is appended. Both are durable as ids
 * are, and are two of them.
 */
export interface MessageTwin {
  readonly client: string;
  readonly packetId: number;
  /** As `payloadHash`, of what both have: device time and bytes. */
  readonly hash: Uint8Array;
}

/**
 * One message of a device. The readings of one delivery share `group` where the source says that they belong
 * together. `quarantine.bytes` is the payload, cut to QUARANTINE_BYTES. `origin` is null for what has no id of its own, such
 * as a live Bluetooth value.
 */
export type Delivery =
  | {
      readonly kind: 'readings';
      readonly device: string;
      readonly readings: UncountedReading[];
      readonly alarm: boolean;
      readonly origin: MessageOrigin | null;
    }
  | {
      readonly kind: 'quarantine';
      readonly device: string | null;
      readonly reason: ErrorCode;
      readonly bytes: Uint8Array;
      readonly origin: MessageOrigin | null;
    };

/** The most bytes of an undecodable payload that a quarantine delivery carries. */
export const QUARANTINE_BYTES = 4096;

/** Called exactly once per delivery, from any later turn: null = it survives a power cut; an error = it was not kept. */
export type Settled = (error: VitalsealError | null) => void;

/**
 * Durability rule: `settled(null)` is called only once the delivery has survived a power cut, and never before
 * `deliver` has returned. A source acknowledges upstream then and only then. On `settled(error)` the source must not
 * acknowledge, so that the device sends again. `deliver` never throws and never blocks.
 */
export interface ReadingSink {
  deliver(delivery: Delivery, settled: Settled): void;
}

/**
 * A source of readings. `start` resolves when it listens. `stop` first takes no more input, then gives what is in
 * flight a bounded time to settle, then closes. `counters` are counts by name, never a value, topic or owner.
 */
export interface Source {
  start(sink: ReadingSink): Promise<void>;
  stop(): Promise<void>;
  counters(): Record<string, number>;
}

/** How well the wall clock is known: `synchronised` by NTP, free-running but set, or not known to have been set. */
export type ClockQuality = Reading['clock'];

/** One look at the clocks. `wallMs` is Unix time in ms, `monotonicMs` is ms since this boot; both are integers. */
export interface ClockSample {
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly clock: ClockQuality;
}

/** The clock port: cheap enough to be asked for every message. */
export interface ClockReader {
  now(): ClockSample;
}

/** Which boot monotonic times belong to; null where the platform does not say. */
export interface BootClock extends ClockReader {
  readonly bootId: string | null;
}

/** Who may connect: `lookup` answers null for an unknown user name; it must be a memory look-up, not I/O. */
export interface DeviceDirectory {
  lookup(username: string): DeviceLogin | null;
}

/** `device` is the name in topics and readings. `verifyPassword` compares in constant time. */
export interface DeviceLogin {
  readonly device: string;
  verifyPassword(password: Uint8Array): boolean;
}
