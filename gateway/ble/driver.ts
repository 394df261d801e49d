// Performs what the session machine of one device asks for, over the radio, and tells it what came of it: the only place
// of a session with promises and timers. A live value takes none of either.
import { type ErrorCode, isVitalsealError, type VitalsealError } from '@vitalseal/ledger';
import type { ClockReader, ClockSample } from '../contract.ts';
import type { Account, Tally } from './account.ts';
import type { BleDevice, RecordCursors } from './directory.ts';
import type { Intake } from './intake.ts';
import type { BleAddress, Radio } from './radio.ts';
import type { EffectId, SessionEffect, SessionInput, SessionNote, TimerId, Token } from './session/input.ts';
import { stepSession } from './session/machine.ts';
import { isLinked, newSession, type SessionLimits, type SessionState, wantsSlot } from './session/state.ts';
import { clockBytes } from './time/wire.ts';
import { type After, Timers } from './timers.ts';

/** Not worth a warning: they have no code to warn of. */
const ROUTINE: ReadonlySet<SessionNote> = new Set(['clock-set', 'records-all', 'records-complete']);

/** What all sessions share. */
export interface DriverPorts {
  readonly radio: Radio;
  readonly cursors: RecordCursors;
  readonly clock: ClockReader;
  readonly hashKey: Uint8Array;
  readonly intake: Intake;
  readonly tally: Tally;
  readonly after: After;
  readonly random: () => number;
  readonly log: (message: string, detail: object) => void;
  readonly limits: SessionLimits;
  /** Where a device was last heard. */
  readonly addressOf: (device: string) => BleAddress | null;
  readonly requestSlot: (driver: SessionDriver) => void;
  readonly releaseSlot: (driver: SessionDriver) => void;
  /** The address of its link, or of the attempt at one; null: none. */
  readonly linked: (driver: SessionDriver, from: BleAddress | null, to: BleAddress | null) => void;
  /** Its phase did. */
  readonly changed: (driver: SessionDriver) => void;
}

export class SessionDriver {
  readonly rule: BleDevice;
  readonly account: Account;
  readonly #ports: DriverPorts;
  readonly #timers: Timers<TimerId>;
  readonly #waiting: SessionInput[] = [];
  #state: SessionState;
  #busy = false;
  #address: BleAddress | null = null;
  /** The link is given up because something on it failed, not yet hung up. */
  #failing = false;
  /** When the value that is being taken arrived. */
  #at: ClockSample | null = null;

  constructor(ports: DriverPorts, rule: BleDevice, account: Account) {
    const { hashKey, limits, after, clock } = ports;
    this.#ports = ports;
    this.rule = rule;
    this.account = account;
    this.#state = newSession({ device: rule.device, setClock: rule.setClock, hashKey, limits });
    this.#timers = new Timers(
      after,
      () => clock.now().monotonicMs,
      (id) => this.hear({ kind: 'timer', id }),
    );
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Where it is linked, or being linked to. */
  get address(): BleAddress | null {
    return this.#address;
  }

  /** A link, or an attempt at one: it is not to be found by listening. */
  get isBusy(): boolean {
    return wantsSlot(this.#state) && this.#state.phase !== 'queued';
  }

  /** Timers that run, for tests. */
  get timers(): number {
    return this.#timers.size;
  }

  /** An input that comes while effects are performed waits for its turn. */
  hear(input: SessionInput): void {
    if (this.#busy) return void this.#waiting.push(input);
    const { phase } = this.#state;
    this.#busy = true;
    for (let next: SessionInput | undefined = input; next !== undefined; next = this.#waiting.shift()) {
      this.#failing = next.kind === 'failed';
      const { state, effects } = stepSession(this.#state, next, this.#ports.random());
      this.#state = state;
      for (const effect of effects) this.#perform(effect);
    }
    this.#busy = false;
    if (this.#state.phase !== phase) this.#ports.changed(this);
  }

  /** A notification, which arrived at `at`. */
  value(handle: string, bytes: Uint8Array, at: ClockSample): void {
    this.#at = at;
    this.hear({ kind: 'value', handle, bytes });
    this.#at = null;
  }

  /** The device that was at one address is at another. */
  moved(address: BleAddress): void {
    if (this.#address !== null) this.#linkAt(address);
  }

  /** It is no longer used: nothing of it runs on. */
  dispose(): void {
    this.#timers.clear();
    this.#linkAt(null);
  }

  #perform(effect: SessionEffect): void {
    const { radio, cursors, intake, clock } = this.#ports;
    switch (effect.kind) {
      case 'deliver':
        return void intake.deliver(this.account, effect, this.#at ?? clock.now(), this.#settled(effect.token));
      case 'quarantine':
        return void intake.quarantine(this.account, effect, this.#settled(effect.token));
      case 'timer':
        return void this.#timers.start(effect.id, effect.afterMs);
      case 'cancelTimer':
        return void this.#timers.cancel(effect.id);
      case 'requestSlot':
        return void this.#ports.requestSlot(this);
      case 'releaseSlot':
        this.#letGo();
        this.#linkAt(null);
        return void this.#ports.releaseSlot(this);
      case 'connect':
        return void this.#connect(effect.id);
      case 'disconnect':
        this.#failing = false;
        return void this.#answer(effect.id, (address) => done(effect.id, radio.disconnect(address)));
      case 'pair':
        return void this.#answer(effect.id, (address) => done(effect.id, radio.pair(address, null)));
      case 'read':
        return void this.#answer(effect.id, (address) => this.#read(address, effect.id, effect.handle));
      case 'write':
        return void this.#answer(effect.id, (address) =>
          done(effect.id, radio.write(address, effect.handle, effect.bytes)),
        );
      case 'setClock':
        return void this.#answer(effect.id, (address) => {
          const { wallMs } = clock.now();
          const bytes = clockBytes(effect.uuid, wallMs + (effect.zoneMs ?? ownZoneMs(wallMs)));
          return done(effect.id, radio.write(address, effect.handle, bytes));
        });
      case 'subscribe':
        return void this.#answer(effect.id, (address) => done(effect.id, radio.subscribe(address, effect.handle)));
      case 'loadCursor':
        return void this.#run(effect.id, async () => {
          return { kind: 'cursorLoaded', id: effect.id, bytes: await cursors.load(this.rule.device) };
        });
      case 'saveCursor':
        return void this.#run(effect.id, () => done(effect.id, cursors.save(this.rule.device, effect.bytes)));
      case 'note':
        return void this.#ports.log(`bluetooth: ${effect.what}`, ROUTINE.has(effect.what) ? {} : { code: effect.code });
    }
  }

  #connect(id: EffectId): void {
    const { radio, tally } = this.#ports;
    this.#linkAt(this.#ports.addressOf(this.rule.device));
    this.#answer(id, async (address) => {
      const characteristics = await radio.connect(address);
      if (this.#state.operation?.id === id) {
        this.account.connections++;
        tally.ble_connections++;
        return { kind: 'connected', id, characteristics };
      }
      // It was given up meanwhile: nobody wants this link.
      if (!this.isBusy) await radio.disconnect(address);
      return null;
    });
  }

  /** What was thought gone may still be linked, and would never be heard again: one call too many does no harm. */
  #letGo(): void {
    const { radio } = this.#ports;
    if (this.#failing && this.#address !== null) radio.disconnect(this.#address).catch(() => undefined);
  }

  async #read(address: BleAddress, id: EffectId, handle: string): Promise<SessionInput> {
    const { radio, clock } = this.#ports;
    const sent = clock.now();
    const bytes = await radio.read(address, handle);
    return { kind: 'readDone', id, bytes, sent, received: clock.now() };
  }

  /** What goes over the link. */
  #answer(id: EffectId, work: (address: BleAddress) => Promise<SessionInput | null>): void {
    const address = this.#address;
    if (address === null) this.hear({ kind: 'failed', id, code: 'device_gone' });
    else this.#run(id, () => work(address));
  }

  #run(id: EffectId, work: () => Promise<SessionInput | null>): void {
    new Promise<SessionInput | null>((resolve) => resolve(work())).then(
      (input) => input !== null && this.hear(input),
      (error: unknown) => this.hear({ kind: 'failed', id, code: this.#codeOf(error) }),
    );
  }

  #settled(token: Token | null): ((error: VitalsealError | null) => void) | null {
    if (token === null) return null;
    return (error) =>
      this.hear(error === null ? { kind: 'delivered', token } : { kind: 'undelivered', token, code: error.code });
  }

  #linkAt(address: BleAddress | null): void {
    if (address === this.#address) return;
    const before = this.#address;
    this.#address = address;
    this.#ports.linked(this, before, address);
  }

  #codeOf(error: unknown): ErrorCode {
    if (isVitalsealError(error)) return error.code;
    this.#ports.log('bluetooth: fault', { name: (error as Error)?.name });
    return 'internal';
  }
}

/** Whether values may come. */
export function hasLink({ state }: SessionDriver): boolean {
  return isLinked(state);
}

async function done(id: EffectId, work: Promise<void>): Promise<SessionInput> {
  await work;
  return { kind: 'done', id };
}

/** What the gateway's own wall shows, against UTC. */
function ownZoneMs(wallMs: number): number {
  return -new Date(wallMs).getTimezoneOffset() * 60_000;
}
