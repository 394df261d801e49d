// Hands measurements to the sink, bounded, and hears what became of them. A stored record that the inbox refuses is asked
// for again by its session; a live value cannot be refused on the air, so it is counted as lost.
import { CONTEXT, concat, hmacSha256, type ReadingContext, utf8, VitalsealError } from '@vitalseal/ledger';
import {
  type ClockReader,
  type ClockSample,
  type Delivery,
  type MessageOrigin,
  QUARANTINE_BYTES,
  type ReadingSink,
  type Settled,
} from '../contract.ts';
import type { Stamp } from '../decoding/stamp.ts';
import type { Account, Tally } from './account.ts';
import { inSession } from './session/context.ts';
import type { Deliver, SessionEffect } from './session/input.ts';

/** What an advertisement or a session has for the inbox; a session's `Deliver` is one. */
export type Arrived = Pick<Deliver, 'uuid' | 'measurement' | 'extra' | 'record' | 'twin'>;
export type Undecodable = Omit<Extract<SessionEffect, { kind: 'quarantine' }>, 'kind' | 'token'>;

const NO_HASH = new Uint8Array(8);

export interface IntakePorts {
  readonly sink: ReadingSink;
  readonly clock: ClockReader;
  readonly hashKey: Uint8Array;
  readonly tally: Tally;
  /** Deliveries on their way. */
  readonly inFlight: number;
  readonly after: (ms: number, work: () => void) => () => void;
}

export class Intake {
  readonly #ports: IntakePorts;
  #unsettled = 0;
  #whenIdle: (() => void) | null = null;

  constructor(ports: IntakePorts) {
    this.#ports = ports;
  }

  /** Deliveries that wait for their commit. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** `settled`: for what is asked for again when it was not kept; null for a live value. `at`: when it arrived. */
  deliver(account: Account, arrived: Arrived, at: ClockSample, settled: Settled | null): void {
    const { uuid, measurement, extra } = arrived;
    const count = measurement.readings.length;
    // A record of a meter that measured nothing is a record all the same.
    if (count === 0) {
      this.quarantine(account, { uuid, bytes: measurement.bytes, reason: 'characteristic_empty' }, settled);
      return;
    }
    const { device } = account;
    const stamp: Stamp = { device, group: account.groupOf(uuid, measurement.record), ...at };
    const readings = measurement.readings.map((measured) => inSession(measured, extra, stamp));
    const alarm = readings.some(({ context }) => isAlarm(context));
    const origin = originOf(account, arrived);
    this.#send({ kind: 'readings', device, readings, alarm, origin }, account, settled, () => {
      account.readings += count;
      account.lastReadingMs = at.wallMs;
      this.#ports.tally.ble_readings += count;
    });
  }

  /** As `deliver`. Packets beyond the rate are counted, and gone: they could not be read the next time either. */
  quarantine(account: Account, { uuid, bytes, reason }: Undecodable, settled: Settled | null): void {
    const { tally, clock, hashKey } = this.#ports;
    account.quarantined++;
    tally.ble_quarantined++;
    const bucket = reason === 'characteristic_empty' ? account.empties : account.quarantine;
    if (!bucket.take(1, clock.now().monotonicMs)) {
      tally.ble_quarantine_dropped++;
      return void (settled !== null && queueMicrotask(() => settled(null)));
    }
    const cut = bytes.slice(0, QUARANTINE_BYTES);
    let origin: MessageOrigin | null = null;
    if (settled !== null) {
      // A record that cannot be read comes again with every dump: once is enough.
      const hash = hmacSha256(hashKey, concat(utf8(`${account.device}\0${uuid}\0quarantine\0`), cut));
      origin = recordOrigin(account, `${uuid}/?`, ((hash[8] ?? 0) << 8) | (hash[9] ?? 0), hash.slice(0, 8));
    }
    const delivery: Delivery = { kind: 'quarantine', device: account.device, reason, bytes: cut, origin };
    this.#send(delivery, account, settled, null);
  }

  /** Resolves when all that was delivered has settled, or after `ms`. */
  async idle(ms: number): Promise<void> {
    if (this.#unsettled === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenIdle = resolve;
    const undo = this.#ports.after(ms, resolve);
    await promise;
    undo();
  }

  #send(delivery: Delivery, account: Account, settled: Settled | null, kept: (() => void) | null): void {
    const { sink, tally, inFlight } = this.#ports;
    const heard = (error: VitalsealError | null) => {
      account.problem = error === null ? null : error.code;
      if (error === null) kept?.();
      else if (settled === null) tally.ble_lost++;
      else tally.ble_undelivered++;
      settled?.(error);
    };
    if (this.#unsettled >= inFlight) {
      return void queueMicrotask(() => heard(new VitalsealError('quota_exceeded', 'too much waits for its commit')));
    }
    this.#unsettled++;
    sink.deliver(delivery, (error) => {
      this.#unsettled--;
      heard(error);
      if (this.#unsettled === 0) this.#whenIdle?.();
    });
  }
}

/** Null for a live value that is like no other. */
function originOf(account: Account, { record, twin }: Arrived): MessageOrigin | null {
  const common = twin && { twin: { client: twin.series, packetId: twin.sequence, hash: twin.hash } };
  if (record !== null)
    return { ...recordOrigin(account, record.series, record.sequence & 0xffff, record.hash), ...common };
  const none = { client: '', packetId: null, duplicate: false, payloadHash: NO_HASH };
  return common && { user: userOf(account), ...none, ...common };
}

/** `duplicate`: a record of the same id, bytes and all, is the same record, whichever way it came. */
function recordOrigin(account: Account, client: string, packetId: number, payloadHash: Uint8Array): MessageOrigin {
  return { user: userOf(account), client, packetId, duplicate: true, payloadHash };
}

function userOf({ device }: Account): string {
  return `ble/${device}`;
}

function isAlarm(context: ReadingContext | null): boolean {
  const alarm = context?.get(CONTEXT.alarm);
  return alarm !== undefined && alarm !== false;
}
