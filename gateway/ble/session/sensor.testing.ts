// For tests: a health sensor (Generic Health Sensor service) as a table of characteristics and bytes: it observes, stores
// what it observes, and reports that on request; but not while it sends live observations, and by the combined report only.
import type { GattCharacteristic } from '../radio.ts';
import { characteristic } from './meter.testing.ts';

const EPOCH_MS = Date.UTC(2000, 0, 1);

export const SENSOR: readonly GattCharacteristic[] = [
  characteristic('183F', '2BF2', 'r'),
  characteristic('1840', '2B8B', 's'),
  characteristic('1840', '2BDD', 's'),
  characteristic('1840', '2BF4', 'ws'),
  characteristic('1840', '2A52', 'ws'),
];

/** Nine octets, in whole seconds of UTC, then status and capabilities of the clock. */
export function sensorClock(ms: number): Uint8Array {
  return Uint8Array.of(...timeStamp(ms), 0, 0);
}

function timeStamp(ms: number): readonly number[] {
  const seconds = Math.floor((ms - EPOCH_MS) / 1000);
  return [0x22, ...little(seconds, 6), 0x06, 0];
}

function little(value: number, octets: number): readonly number[] {
  return Array.from({ length: octets }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256);
}

/** An oxygen saturation of `percent`; `ms` null: without a time. */
export function observation(percent: number, ms: number | null): Uint8Array {
  const time = ms === null ? [] : timeStamp(ms);
  const body = [ms === null ? 1 : 3, 0, 0xb8, 0x4b, 0x02, 0, ...time, 0x20, 0x02, percent, 0, 0, 0];
  return Uint8Array.of(1, ...little(body.length, 2), ...body);
}

/** In one segment. */
export const liveSegment = (bytes: Uint8Array) => Uint8Array.of(0b11, ...bytes);
const storedSegment = (number: number, bytes: Uint8Array) => Uint8Array.of(0b11, ...little(number, 4), ...bytes);

export class Sensor {
  readonly characteristics: readonly GattCharacteristic[] = SENSOR;
  readonly reads: Readonly<Record<string, Uint8Array>>;
  /** By record number. */
  readonly stored = new Map<number, Uint8Array>();
  /** So many starts are refused: it is busy. */
  refusesStarts = 0;
  #isLive = false;

  constructor(clockMs: number | null) {
    this.reads = clockMs === null ? {} : { '2BF2': sensorClock(clockMs) };
  }

  /** As on a new link. */
  onWrite = (uuid: string, bytes: Uint8Array): readonly (readonly [string, Uint8Array])[] => {
    if (uuid === '2BF4') {
      if (bytes[0] === 1 && this.refusesStarts-- > 0) return [['2BF4', Uint8Array.of(0x81)]];
      this.#isLive = bytes[0] === 1;
      return [['2BF4', Uint8Array.of(0x80)]];
    }
    return uuid === '2A52' ? this.#report(bytes) : [];
  };

  linked(): this {
    this.#isLive = false;
    return this;
  }

  #report(request: Uint8Array): readonly (readonly [string, Uint8Array])[] {
    const response = (value: number) => [['2A52', Uint8Array.of(6, 0, request[0] ?? 0, value)]] as const;
    if (request[0] === 3) return response(1);
    if (this.#isLive) return response(10);
    if (request[0] !== 7) return response(2);
    if (request[1] === 3 && request.length !== 7) return response(5);
    const from = request[1] === 3 ? new DataView(request.buffer, request.byteOffset).getUint32(3, true) : 0;
    const sent = [...this.stored].filter(([number]) => number >= from);
    if (sent.length === 0) return response(6);
    const values = sent.map(([number, bytes]) => ['2BDD', storedSegment(number, bytes)] as const);
    return [...values, ['2A52', Uint8Array.of(8, 0, ...little(sent.length, 4))]];
  }
}

type Values = ReturnType<Sensor['onWrite']>;

/** What it answers a request for records with, changed on its way: what gets lost, is repeated, or comes late. */
export function changed(sensor: Sensor, change: (values: Values, request: Uint8Array) => Values): Sensor {
  const { onWrite } = sensor;
  sensor.onWrite = (uuid, bytes) => (uuid === '2A52' ? change(onWrite(uuid, bytes), bytes) : onWrite(uuid, bytes));
  return sensor;
}

/** `change`, the first time only. */
export function once(change: (values: Values) => Values): (values: Values) => Values {
  let isDone = false;
  return (values) => {
    if (isDone) return values;
    isDone = true;
    return change(values);
  };
}

export const isRecord = ([uuid, bytes]: Values[number], number: number) => uuid === '2BDD' && bytes[1] === number;
