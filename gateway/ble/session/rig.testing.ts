// For tests: performs a session's effects over a device in memory, one event at a time, so that a test can cut the link,
// lose the process or fail an effect between any two of them. Commits and cursor saves settle when the rig comes to them.
import type { ErrorCode } from '@vitalseal/ledger';
import type { ClockSample } from '../../contract.ts';
import type { GattCharacteristic } from '../radio.ts';
import type { RecordKey } from '../records/identity.ts';
import type { Deliver, SessionEffect, SessionInput, SessionNote } from './input.ts';
import { stepSession } from './machine.ts';
import { newSession, SESSION_LIMITS, type SessionLimits, type SessionState } from './state.ts';

export interface RigDevice {
  readonly characteristics: readonly GattCharacteristic[];
  /** By UUID. */
  readonly reads?: Readonly<Record<string, Uint8Array>>;
  /** What it sends after a write. */
  readonly onWrite?: (uuid: string, bytes: Uint8Array) => readonly (readonly [string, Uint8Array])[];
}

/** What survives a crash. */
export interface Durable {
  readonly committed: Map<string, Uint8Array>;
  /** Of live values that no record took, by name: how many. */
  readonly twins: Map<string, number>;
  readonly quarantined: Uint8Array[];
  cursor: Uint8Array | null;
  /** Commits in order, resent ones included. */
  commits: number;
  duplicates: number;
}

export const durable = (): Durable => ({
  committed: new Map(),
  twins: new Map(),
  quarantined: [],
  cursor: null,
  commits: 0,
  duplicates: 0,
});

/** An effect is answered with this, not performed; null: it never is. */
export type Interference = (effect: SessionEffect) => ErrorCode | null | undefined;

export class Rig {
  state: SessionState;
  readonly notes: SessionNote[] = [];
  readonly effects: SessionEffect[] = [];
  readonly timers = new Map<string, number>();
  holdsSlot = false;
  interfere: Interference = () => undefined;
  clock: ClockSample = { wallMs: Date.UTC(2025, 4, 21, 12), monotonicMs: 1_000_000, clock: 'synchronised' };
  /** Called at each cursor save, with the book's bytes. */
  onSave: (bytes: Uint8Array) => void = () => {};
  readonly durable: Durable;
  readonly #device: RigDevice;
  /** What the radio will say, and what the inbox and the cursor's store will: each in order, one not bound to the other. */
  #radio: SessionInput[] = [];
  readonly #store: { readonly input: SessionInput; readonly kept: () => void }[] = [];

  constructor(device: RigDevice, kept = durable(), limits: Partial<SessionLimits> = {}, setClock = false) {
    this.#device = device;
    this.durable = kept;
    this.state = newSession({
      device: 'meter',
      setClock,
      hashKey: new Uint8Array(32).fill(7),
      limits: { ...SESSION_LIMITS, ...limits },
    });
  }

  /** Feeds one input. */
  put(input: SessionInput): readonly SessionEffect[] {
    const { state, effects } = stepSession(this.state, input, 0.5);
    this.state = state;
    for (const effect of effects) this.#perform(effect);
    return effects;
  }

  /**
   * Lets the radio's next event happen, or the store's; false when there is none. What the store says is durable then. That
   * nothing is in the air any more after an answer is an event, too.
   */
  next(of: 'radio' | 'store'): boolean {
    if (of === 'radio') {
      const input = this.#radio.shift();
      if (input !== undefined) this.put(input);
      else if (this.isQuiet()) this.fire('racp');
      else return false;
      return true;
    }
    const event = this.#store.shift();
    if (event === undefined) return false;
    event.kept();
    this.put(event.input);
    return true;
  }

  /** Whether the device has answered, without a count, and the last of its values may follow. */
  isQuiet(): boolean {
    return this.timers.get('racp') === this.state.config.limits.quietMs;
  }

  /** Until nothing happens by itself any more. */
  run(limit = 100_000): this {
    for (let i = 0; this.next('radio') || this.next('store'); i++)
      if (i > limit) throw new Error('the rig does not come to rest');
    return this;
  }

  /** The device is heard, gets its slot, and goes as far as it goes. */
  begin(): this {
    this.put({ kind: 'seen', paired: false });
    return this;
  }

  /** The link drops: what was in the air is lost, what is on its way to the inbox is not. */
  cut(): this {
    const { operation } = this.state;
    this.#radio = this.#radio.filter(({ kind }) => kind === 'granted');
    this.put({ kind: 'dropped' });
    if (operation !== null) this.put({ kind: 'failed', id: operation.id, code: 'device_gone' });
    return this;
  }

  /** A notification or indication of the device. */
  value(uuid: string, bytes: Uint8Array): readonly SessionEffect[] {
    return this.put({ kind: 'value', handle: this.#handle(uuid), bytes });
  }

  fire(id: 'step' | 'queue' | 'retry' | 'stable' | 'racp' | 'records' | 'clock'): this {
    if (!this.timers.has(id)) throw new Error(`no timer ${id} in ${this.state.phase}`);
    this.timers.delete(id);
    this.put({ kind: 'timer', id });
    return this;
  }

  delivers(): readonly Deliver[] {
    return this.effects.filter((e) => e.kind === 'deliver');
  }

  #handle(uuid: string): string {
    return this.#device.characteristics.find((c) => c.uuid === uuid)?.handle ?? uuid;
  }

  #perform(effect: SessionEffect): void {
    this.effects.push(effect);
    const code = 'id' in effect && typeof effect.id === 'number' ? this.interfere(effect) : undefined;
    if (code === null) return;
    if (code !== undefined) this.#radio.push({ kind: 'failed', id: (effect as { id: number }).id, code });
    else this.#radio.push(...this.#outcome(effect));
  }

  #outcome(effect: SessionEffect): readonly SessionInput[] {
    switch (effect.kind) {
      case 'requestSlot':
        this.holdsSlot = true;
        return [{ kind: 'granted' }];
      case 'releaseSlot':
        this.holdsSlot = false;
        return [];
      case 'connect':
        return [{ kind: 'connected', id: effect.id, characteristics: this.#device.characteristics }];
      case 'read':
        return [this.#read(effect.id, effect.uuid)];
      case 'write': {
        const sent = this.#device.onWrite?.(effect.uuid, effect.bytes) ?? [];
        const values = sent.map(([uuid, bytes]) => ({ kind: 'value', handle: this.#handle(uuid), bytes }) as const);
        return [{ kind: 'done', id: effect.id }, ...values];
      }
      case 'disconnect':
      case 'pair':
      case 'setClock':
      case 'subscribe':
        return [{ kind: 'done', id: effect.id }];
      case 'loadCursor':
        return [{ kind: 'cursorLoaded', id: effect.id, bytes: this.durable.cursor }];
      case 'saveCursor':
        this.onSave(effect.bytes);
        this.#later({ kind: 'done', id: effect.id }, () => {
          this.durable.cursor = effect.bytes;
        });
        return [];
      case 'deliver':
        this.#later(settled(effect.token), () => this.#commit(effect));
        return [];
      case 'quarantine':
        this.#later(settled(effect.token), () => this.durable.quarantined.push(effect.bytes));
        return [];
      case 'timer':
        this.timers.set(effect.id, effect.afterMs);
        return [];
      case 'cancelTimer':
        this.timers.delete(effect.id);
        return [];
      case 'note':
        this.notes.push(effect.what);
        return [];
    }
  }

  #read(id: number, uuid: string): SessionInput {
    const received = { ...this.clock, monotonicMs: this.clock.monotonicMs + 40, wallMs: this.clock.wallMs + 40 };
    return { kind: 'readDone', id, bytes: this.#device.reads?.[uuid] ?? Uint8Array.of(50), sent: this.clock, received };
  }

  #later(input: SessionInput, kept: () => void): void {
    this.#store.push({ input, kept });
  }

  /** What the inbox does: a record that it has is settled, and not kept twice, nor one that a live value was. */
  #commit({ record, twin, measurement }: Deliver): void {
    const { committed, twins } = this.durable;
    this.durable.commits += 1;
    const key = record === null ? `- ${this.durable.commits} ${twin && nameOf(twin)}` : nameOf(record);
    const left = twin === null ? 0 : (twins.get(nameOf(twin)) ?? 0);
    const isTold = record !== null && !committed.has(key) && left > 0;
    if (committed.has(key) || isTold) this.durable.duplicates += 1;
    if (isTold && twin !== null) {
      // Its place is taken, under the key of the record.
      twins.set(nameOf(twin), left - 1);
      const live = [...committed.keys()].find((name) => name.startsWith('-') && name.endsWith(nameOf(twin)));
      if (live !== undefined) committed.delete(live);
    }
    committed.set(key, measurement.bytes);
    if (record === null && twin !== null) twins.set(nameOf(twin), left + 1);
  }
}

function nameOf({ series, sequence, hash }: RecordKey): string {
  return `${series} ${sequence} ${hash}`;
}

/** Values without a token are nobody's to settle: a token that no session has given. */
function settled(token: number | null): SessionInput {
  return { kind: 'delivered', token: token ?? -1 };
}
