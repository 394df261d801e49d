// What a session knows of one device. Immutable: a step makes a new one where something changes, and gives back the same
// where nothing does, which is the case for live values.
import type { ErrorCode } from '@vitalseal/ledger';
import type { Assembly } from '../../profiles/health-sensor-segments.ts';
import type { BleState } from '../directory.ts';
import type { GattCharacteristic } from '../radio.ts';
import type { CursorBook } from '../records/cursor.ts';
import type { Dump } from '../records/dump.ts';
import type { ClockLook, ClockSetting } from '../time/device-clock.ts';
import { type Companions, NO_COMPANIONS } from './companions.ts';
import { type SharedContexts, sharedContexts } from './context.ts';
import type { EffectId, TimerId, Token } from './input.ts';
import type { PlanStep, RecordsStep, SetClockStep, Subscription } from './plan.ts';

export interface SessionConfig {
  /** The gateway's name of the device. */
  readonly device: string;
  /** Whether its clock may be set when it is wrong. */
  readonly setClock: boolean;
  /** Keys the hashes that recognise a record. */
  readonly hashKey: Uint8Array;
  readonly limits: SessionLimits;
}

/**
 * Milliseconds, but `liveBeforeRecords`, `companionLinks`, `tornDumps`, `saveEvery` and `unsettled`. The radio's own limits are
 * shorter: these are for one that does not keep its word.
 */
export interface SessionLimits {
  readonly connectMs: number;
  readonly stepMs: number;
  readonly pairMs: number;
  readonly disconnectMs: number;
  /** RACP procedure time-out: without a record or an answer for so long. */
  readonly racpMs: number;
  /** The same after an answer that said that there are more. */
  readonly lateMs: number;
  /** After one that counted nothing: the last values, which it may have overtaken, follow at once. */
  readonly quietMs: number;
  /** Not heard for so long while it waits for a slot: leaves the queue. */
  readonly queueMs: number;
  /** A link that holds for so long makes earlier failures forgotten. */
  readonly stableMs: number;
  /** First wait after a failure; doubles up to the longest. Half of it is jitter. */
  readonly retryMs: number;
  readonly longestRetryMs: number;
  /** After the device refused to pair: somebody has to bring it into its pairing mode. */
  readonly pairingRetryMs: number;
  /** The longest wait after links that were set up whole but brought nothing. */
  readonly longestShortRetryMs: number;
  /** Until stored records that were not fetched whole are asked for again on the same link; doubles. */
  readonly recordsAgainMs: number;
  /** Between two requests on a link that lasts: a meter tells what it stored only when asked. */
  readonly recordsEveryMs: number;
  /**
   * Live observations that may be stored as well, until the stored ones are asked for: they would be too many, one day, for the
   * inbox to remember.
   */
  readonly liveBeforeRecords: number;
  /** From live until the device's clock is set. */
  readonly setClockAfterMs: number;
  /** So many links in a row ended while a companion was read: the next one does without it. */
  readonly companionLinks: number;
  /** So many dumps in a row that lacked records: the next one is taken as it comes. */
  readonly tornDumps: number;
  /** Records between two saves of the cursor in mid-dump. */
  readonly saveEvery: number;
  /** Records on their way to the inbox; with more, the link is dropped. */
  readonly unsettled: number;
}

export const SESSION_LIMITS: SessionLimits = {
  connectMs: 60_000,
  stepMs: 45_000,
  pairMs: 60_000,
  disconnectMs: 15_000,
  racpMs: 30_000,
  lateMs: 3_000,
  quietMs: 250,
  queueMs: 60_000,
  stableMs: 30_000,
  retryMs: 1_000,
  longestRetryMs: 60_000,
  pairingRetryMs: 300_000,
  longestShortRetryMs: 10_000,
  recordsAgainMs: 60_000,
  recordsEveryMs: 600_000,
  liveBeforeRecords: 8192,
  setClockAfterMs: 2_000,
  companionLinks: 3,
  tornDumps: 3,
  saveEvery: 64,
  unsettled: 8192,
};

export type Phase =
  /** Waits to be seen. */
  | 'idle'
  /** Asked for a slot. */
  | 'queued'
  | 'connecting'
  | 'pairing'
  | 'subscribing'
  | 'stored-records'
  | 'live'
  /** Disconnecting; `after` says what then. */
  | 'closing'
  /** Holds the retry timer. */
  | 'waiting'
  /** Refused without a pairing by hand. */
  | 'unpaired'
  | 'stopped';

/** The effect under way on the link; at most one, as ATT has it. */
export interface Operation {
  readonly id: EffectId;
  readonly step: PlanStep | { readonly do: 'connect' | 'pair' | 'disconnect' | 'abort' };
}

/** What is known of the present connection. */
export interface Link {
  readonly characteristics: readonly GattCharacteristic[];
  /** By handle: what two characteristics with one UUID need. */
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  /** Of observations that come in several packets, by handle: what has come. */
  readonly assemblies: ReadonlyMap<string, Assembly>;
  /** Set once it brought something new, or held for long: when it drops, that is no failure. */
  readonly useful: boolean;
  /** All was set up once. */
  readonly wasLive: boolean;
  /** The stored records to ask for again, now and then. */
  readonly records: readonly RecordsStep[];
  /** The service whose stored records are being fetched. */
  readonly dumping: string | null;
  /** Services whose records were not fetched whole, and how often in a row. */
  readonly incomplete: ReadonlySet<string>;
  readonly attempts: number;
  /** The start of a CGM's session was asked for anew, before its records. */
  readonly startAsked: boolean;
  /** The latest time offset that a CGM told live, in minutes of its session. */
  readonly newestOffset: number;
  /** Live observations since stored ones were asked for, which may come again as such. */
  readonly told: number;
  /** Its clock, as this connection has seen it: a look of an earlier one is no reading's. */
  readonly clock: ClockLook | null;
  /** How the clock is set, when it is to be. */
  readonly clockSetter: SetClockStep | null;
}

/** What the device says of itself. */
export interface About {
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  /** Percent. */
  readonly battery: number | null;
}

/** How to go on once the link is closed. */
export type After =
  | { readonly next: 'idle' | 'unpaired' | 'stopped' }
  | { readonly next: 'wait'; readonly ms: number; readonly throttled: boolean };

export interface SessionState {
  readonly config: SessionConfig;
  readonly phase: Phase;
  readonly after: After;
  readonly operation: Operation | null;
  readonly timers: ReadonlySet<TimerId>;
  /** What is still to be done before the device is live; its first is under way. */
  readonly plan: readonly PlanStep[];
  readonly link: Link | null;
  /** Failures in a row. */
  readonly failures: number;
  /** Why it does not go on, or what failed last; null while all is well. */
  readonly problem: ErrorCode | null;
  /** Heard since it waits. */
  readonly seenAgain: boolean;
  /** As the last sighting said. */
  readonly paired: boolean;
  /** A pairing was tried since the last connection that held. */
  readonly pairingTried: boolean;
  /** How often in a row a person would have been wanted. */
  readonly refusals: number;
  /** The host has a bond that seems to be worth nothing: the device lost its key, or the bond protects too little. */
  readonly bondDoubted: boolean;
  /** Waits because it sends more than allowed. */
  readonly throttled: boolean;
  readonly about: About;
  /** Its clock at the last look; null before, or without one. */
  readonly clock: ClockLook | null;
  /** What is done about it; null as `clock`. */
  readonly clockSetting: ClockSetting | null;
  /** Null before its characteristics were seen. */
  readonly hasClock: boolean | null;
  /** What its services say once, as far as this connection has read it. */
  readonly companions: Companions;
  /** By companion: how many links in a row ended while it was read. */
  readonly endedAt: ReadonlyMap<string, number>;
  /** Base times of the glucose records that came last, by sequence number: their contexts have none of their own. */
  readonly baseTimes: ReadonlyMap<number, string>;
  /** What every reading's context says beside its own: of live values, of stored ones. */
  readonly extra: SharedContexts;
  /** Null until loaded. */
  readonly cursors: CursorBook | null;
  readonly saving: EffectId | null;
  readonly unsaved: boolean;
  /** The dump of each service that has one, present or past: commits may come late. */
  readonly dumps: readonly Dump[];
  /** By service: how many in a row lacked records. */
  readonly tornDumps: ReadonlyMap<string, number>;
  readonly nextId: EffectId;
  readonly nextToken: Token;
}

/** For status. */
export function bleState(state: SessionState): BleState {
  switch (state.phase) {
    case 'idle':
      return state.nextId === 0 ? 'unseen' : 'waiting';
    case 'closing':
    case 'unpaired':
    case 'stopped':
      return 'waiting';
    case 'waiting':
      return state.throttled ? 'throttled' : 'waiting';
    default:
      return state.phase;
  }
}

/** Whether there is a link that values may come from. */
export function isLinked({ link, phase }: SessionState): boolean {
  return link !== null && phase !== 'closing';
}

/** Whether the session counts on a slot of the adapter: asked for, or held. */
export function wantsSlot(state: SessionState): boolean {
  return !['idle', 'waiting', 'unpaired', 'stopped'].includes(state.phase);
}

const UNKNOWN: About = { manufacturer: null, model: null, firmware: null, battery: null };

/** A device that was not heard yet. */
export function newSession(config: SessionConfig): SessionState {
  return {
    config,
    phase: 'idle',
    after: { next: 'idle' },
    operation: null,
    timers: new Set(),
    plan: [],
    link: null,
    failures: 0,
    problem: null,
    seenAgain: false,
    paired: false,
    pairingTried: false,
    refusals: 0,
    bondDoubted: false,
    throttled: false,
    about: UNKNOWN,
    clock: null,
    clockSetting: null,
    hasClock: null,
    companions: NO_COMPANIONS,
    endedAt: new Map(),
    baseTimes: new Map(),
    extra: sharedContexts(null, NO_COMPANIONS),
    cursors: null,
    saving: null,
    unsaved: false,
    dumps: [],
    tornDumps: new Map(),
    nextId: 0,
    nextToken: 0,
  };
}
