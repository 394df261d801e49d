// What a session hears and what it asks for: the whole conversation between the pure machine (machine.ts) and the driver
// that owns the radio, the timers, the cursors and the sink. Nothing here does anything.
import type { ErrorCode, ReadingContext } from '@vitalseal/ledger';
import type { ClockSample } from '../../contract.ts';
import type { Measurement } from '../../profiles/decoded.ts';
import type { GattCharacteristic } from '../radio.ts';
import type { RecordKey } from '../records/identity.ts';

/** Names an effect that is answered; the answer carries it. An answer to an effect that was given up is ignored. */
export type EffectId = number;
/** Names a stored record on its way to the inbox. */
export type Token = number;

/** `step` limits the effect under way; the others are what their names say. Each runs at most once at a time. */
export type TimerId =
  /** The effect under way should have been answered. */
  | 'step'
  /** The device that waits for a slot was not heard again meanwhile. */
  | 'queue'
  /** May try again. */
  | 'retry'
  /** The link has held for long enough to forget earlier failures. */
  | 'stable'
  /** The device sends no more stored records. */
  | 'racp'
  /** Stored records were not fetched whole: again. */
  | 'records'
  /** Readings had time to arrive under the old clock: it may be set now. */
  | 'clock';

export type SessionInput =
  /** An advertisement that the allow list lets in. Ignored at no cost where the session does not wait for one. */
  | { readonly kind: 'seen'; readonly paired: boolean }
  /** A slot of the adapter is free for it; answers `requestSlot`. Held until `releaseSlot`. */
  | { readonly kind: 'granted' }
  | { readonly kind: 'connected'; readonly id: EffectId; readonly characteristics: readonly GattCharacteristic[] }
  /** Answers `pair`, `write`, `subscribe`, `saveCursor` (durable now) and `disconnect`. */
  | { readonly kind: 'done'; readonly id: EffectId }
  /** Answers `read`. The clocks just before the request and just after the answer. */
  | {
      readonly kind: 'readDone';
      readonly id: EffectId;
      readonly bytes: Uint8Array;
      readonly sent: ClockSample;
      readonly received: ClockSample;
    }
  /** Answers `loadCursor`; null when there is none. */
  | { readonly kind: 'cursorLoaded'; readonly id: EffectId; readonly bytes: Uint8Array | null }
  /**
   * Any effect with an id ended so. `device_gone`, `radio_timeout` and `radio_unavailable` end the link,
   * `pairing_needed` asks for a pairing, every other code means that the device refused this one thing.
   */
  | { readonly kind: 'failed'; readonly id: EffectId; readonly code: ErrorCode }
  /** A notification or indication. The bytes are kept as they are: the caller must not use the buffer again. */
  | { readonly kind: 'value'; readonly handle: string; readonly bytes: Uint8Array }
  /** The inbox committed it: it survives a power cut. */
  | { readonly kind: 'delivered'; readonly token: Token }
  /** The inbox did not keep it. */
  | { readonly kind: 'undelivered'; readonly token: Token; readonly code: ErrorCode }
  /** The link is gone, whoever ended it. */
  | { readonly kind: 'dropped' }
  /** The host or its adapter is gone, all links with it. Not this device's failure. */
  | { readonly kind: 'radioDown' }
  | { readonly kind: 'timer'; readonly id: TimerId }
  /** Somebody paired it by hand: what waited for that goes on. */
  | { readonly kind: 'pairedByHand' }
  /** It is to be left alone for so long: it floods, or others wait for its slot. */
  | { readonly kind: 'pause'; readonly forMs: number; readonly why: 'throttled' | 'yield' }
  /** No longer on the allow list, or the source stops. The last input that changes anything. */
  | { readonly kind: 'stop' };

export type SessionEffect =
  /** Asks for one of the adapter's slots; `granted` follows, some time. */
  | { readonly kind: 'requestSlot' }
  /** The slot is free, or no longer asked for. */
  | { readonly kind: 'releaseSlot' }
  | { readonly kind: 'connect'; readonly id: EffectId }
  /** Also when the link may be gone already. */
  | { readonly kind: 'disconnect'; readonly id: EffectId }
  /** Without a dialogue: Just Works alone. */
  | { readonly kind: 'pair'; readonly id: EffectId }
  | { readonly kind: 'read'; readonly id: EffectId; readonly handle: string; readonly uuid: string }
  /** With response. */
  | {
      readonly kind: 'write';
      readonly id: EffectId;
      readonly handle: string;
      readonly uuid: string;
      readonly bytes: Uint8Array;
    }
  /**
   * Sets the device's clock: write `clockBytes(uuid, wallMs + zone)` (gateway/ble/time) of the moment of the write.
   * `zoneMs` is the zone that the device keeps; null: the gateway's own. Answered like a write.
   */
  | {
      readonly kind: 'setClock';
      readonly id: EffectId;
      readonly handle: string;
      readonly uuid: string;
      readonly zoneMs: number | null;
    }
  | { readonly kind: 'subscribe'; readonly id: EffectId; readonly handle: string; readonly uuid: string }
  | Deliver
  /** Not decodable: kept with its reason, never in a batch. With a token it is settled like a record. */
  | {
      readonly kind: 'quarantine';
      readonly uuid: string;
      readonly bytes: Uint8Array;
      readonly reason: ErrorCode;
      readonly token: Token | null;
    }
  | { readonly kind: 'loadCursor'; readonly id: EffectId }
  /** Answer `done` when durable. One at a time. */
  | { readonly kind: 'saveCursor'; readonly id: EffectId; readonly bytes: Uint8Array }
  /** A running timer of that id starts again. */
  | { readonly kind: 'timer'; readonly id: TimerId; readonly afterMs: number }
  | { readonly kind: 'cancelTimer'; readonly id: TimerId }
  /** For the log. Never a value. */
  | { readonly kind: 'note'; readonly what: SessionNote; readonly code: ErrorCode | null };

/** One measurement for the inbox. */
export interface Deliver {
  readonly kind: 'deliver';
  readonly uuid: string;
  readonly measurement: Measurement;
  /** To be joined into the context of each of its readings (`inSession`, context.ts). Shared: never changed. */
  readonly extra: ReadingContext | null;
  /** Not null for what RACP stores, live or not: what makes it the same record when it comes again. */
  readonly record: RecordKey | null;
  /** What it has in common with its like from the other way, where it has a number on one of them only. */
  readonly twin: RecordKey | null;
  /** It came by RACP. */
  readonly stored: boolean;
  /** Not null where `delivered` or `undelivered` must say what became of it: exactly once. */
  readonly token: Token | null;
}

export type SessionNote =
  | 'connect-failed'
  | 'link-lost'
  | 'paired'
  | 'pairing-refused'
  /** A characteristic that could not be read or subscribed; the rest goes on. */
  | 'step-refused'
  | 'nothing-to-subscribe'
  | 'clock-faulty'
  | 'clock-set'
  | 'cursor-damaged'
  | 'cursor-unsaved'
  /** The cursor's record is not there, or another: all records are asked for. */
  | 'records-all'
  | 'records-complete'
  | 'records-incomplete'
  | 'effect-unanswered';
