// A Bluetooth Low Energy device as bytes and times, without a radio: what it advertises, its GATT table, and which packets
// are due when. The fake BlueZ and the GATT server serve the same peripherals; both ask `due` and carry the bytes.
import type { SimReading } from '../reading.ts';

/** Flags of a characteristic, in BlueZ's words. */
export type CharacteristicFlag = 'read' | 'write' | 'write-without-response' | 'notify' | 'indicate';

/** What a link must be before a characteristic may be used. */
export type Protection = 'none' | 'encrypted' | 'authenticated';

export interface Characteristic {
  /** Shortened, as `2A37`. */
  readonly uuid: string;
  readonly flags: readonly CharacteristicFlag[];
  /** The value at a time (Unix ms). */
  readonly read?: (atMs: number) => Uint8Array;
  /** Throws `AttError` when the device refuses. */
  readonly write?: (bytes: Uint8Array, atMs: number) => void;
  /** Default: none. */
  readonly protection?: Protection;
}

export interface Service {
  readonly uuid: string;
  readonly characteristics: readonly Characteristic[];
}

export interface Advertisement {
  readonly name: string;
  /** Shortened. */
  readonly services: readonly string[];
  /** By shortened service UUID. */
  readonly serviceData: Readonly<Record<string, Uint8Array>>;
  /** By company identifier. */
  readonly manufacturerData: Readonly<Record<number, Uint8Array>>;
}

/** One notification or indication. */
export interface Packet {
  readonly characteristic: Characteristic;
  readonly bytes: Uint8Array;
  /** What the packet measures, as exact decimals; empty for answers of a control point, and of what is damaged. */
  readonly readings: readonly SimReading[];
  /** Sequence number of the stored record that it carries; null for a live value. */
  readonly record: number | null;
  /** Made unreadable on purpose. */
  readonly damaged?: true;
}

/** Times are Unix milliseconds. The device's own clock may be wrong by what it was built with. */
export interface Peripheral {
  readonly kind: string;
  readonly services: readonly Service[];
  advertisement(atMs: number): Advertisement;
  /** Whether the other side wants notifications (or indications) of `characteristic`. */
  subscribe(characteristic: Characteristic, on: boolean, atMs: number): void;
  /** The link ended: subscriptions and running procedures end with it. */
  disconnected(atMs: number): void;
  /** Packets that are due, in order; each is given once. Never one of a characteristic that is not subscribed. */
  due(atMs: number): readonly Packet[];
  /** When to ask again; null: not before something is written or subscribed. */
  nextMs(): number | null;
  /** Live packets a second in place of its own rhythm; null: its own. */
  setRate(perSecond: number | null): void;
}

/** Error codes of the Attribute Protocol (Core Specification, vol. 3, part F, 3.4.1.1) and of profiles (0x80 and above). */
export const ATT = {
  readNotPermitted: 0x02,
  writeNotPermitted: 0x03,
  insufficientAuthentication: 0x05,
  invalidLength: 0x0d,
  insufficientEncryption: 0x0f,
  outOfRange: 0xff,
  procedureInProgress: 0xfe,
  /** Client Characteristic Configuration improperly configured. */
  notConfigured: 0xfd,
} as const;

/** A request that the device refuses, with the ATT error code that it answers. */
export class AttError extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`ATT error 0x${code.toString(16).padStart(2, '0')}`);
    this.name = 'AttError';
    this.code = code;
  }
}
