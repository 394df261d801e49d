// A health sensor of the generic kind, on a finger: it stores every observation under the next record number, sends what it
// observes live once it is told to, and hands out what it stored by a combined report (GHS Service 1.0).
import type { Random } from '../../random.ts';
import { wandering } from '../../signals/wander.ts';
import { PacketBytes } from '../packet-bytes.ts';
import type { Characteristic, Packet, Peripheral } from '../peripheral.ts';
import { RecordAccess, type StoredRecord } from '../records/record-access.ts';
import { type Made, Schedule } from '../schedule.ts';
import { SegmentCounter, segmentsOf } from '../segments.ts';
import { sensor } from '../sensor.ts';
import { DeviceClock } from './current-time.ts';
import { elapsedTimeService } from './elapsed-time.ts';
import { type Observed, observation, PULSE, SATURATION, storedObservation } from './health-observation.ts';
import { liveControlPoint } from './health-sensor-control-point.ts';
import type { PeripheralOptions } from './options.ts';

const LIVE_EVERY_MS = 5000;
const STORED_EVERY_MS = 3_600_000;
const STORED = 12;
const NUMBERS = 2 ** 32;
/** With the three octets of the Attribute Protocol what the smallest link carries. */
const NOTIFICATION_OCTETS = 20;
/** No device specialisations are listed. */
const FEATURE_FLAGS = 0;

export interface HealthSensor extends Peripheral {
  readonly kind: 'health-sensor';
  /** Observes once: stores one more record, sends it if it sends live, and answers its record number. */
  measure(atMs: number): number;
  /** What it stores now, in order. */
  stored(): readonly StoredRecord[];
  /** Back to the factory: no records, numbers begin at 0 again. */
  reset(): void;
}

export function healthSensor(random: Random, options: PeripheralOptions): HealthSensor {
  const oxygen = wandering({ level: random.between(95.5, 98.2), spread: 0.9, memory: 60, low: 84, high: 100 }, random);
  const heart = wandering({ level: random.between(58, 88), spread: 4, memory: 40, low: 40, high: 160 }, random);
  const clock = new DeviceClock(options.clockErrorMs);
  const schedule = new Schedule();
  const { protection = 'none', notificationOctets: octets = NOTIFICATION_OCTETS } = options;
  const live: Characteristic = { uuid: '2B8B', flags: ['notify'], protection };
  const stored: Characteristic = { uuid: '2BDD', flags: ['notify', 'indicate'], protection };
  const counter = new SegmentCounter([live, stored]);
  let records: StoredRecord[] = [];
  let number = options.firstSequence ?? 1;
  let observedMs = options.startMs;
  let sendsLive = false;

  /** Stores what is observed at `atMs`, and gives it whole, as it is sent live. */
  function observe(atMs: number, seconds: number): Made {
    observedMs = atMs;
    const saturation: Observed = { what: SATURATION, mantissa: Math.round(oxygen(seconds) * 10), exponent: -1 };
    const pulse: Observed = { what: PULSE, mantissa: Math.round(heart(seconds)), exponent: 0 };
    const made = observation(clock.at(atMs), number % 2 === 0 ? [saturation, pulse] : [saturation]);
    const segments = segmentsOf(storedObservation(number, made), octets);
    records.push({ key: number, packets: segments.map((segment) => ({ characteristic: stored, ...segment })) });
    number = (number + 1) % NUMBERS;
    return made;
  }

  function measure(atMs: number): number {
    const record = number;
    const segments = segmentsOf(observe(atMs, 60), octets);
    if (sendsLive) {
      const packets = segments.map((segment): Packet => ({ characteristic: live, ...segment }));
      schedule.enqueue(packets, atMs);
    }
    return record;
  }

  /** Observes as often as the sensor does by itself, also while nobody is connected. */
  function advance(atMs: number): void {
    const every = options.measuresEveryMs ?? 0;
    while (every > 0 && observedMs + every <= atMs) measure(observedMs + every);
  }

  const before = options.records ?? STORED;
  for (let n = before; n > 0; n--) observe(options.startMs - n * STORED_EVERY_MS, STORED_EVERY_MS / 1000);
  observedMs = options.startMs;
  if (options.measuresEveryMs === undefined) {
    const made = (atMs: number) => segmentsOf(observe(atMs, LIVE_EVERY_MS / 1000), octets);
    schedule.every(LIVE_EVERY_MS, live, (atMs) => (sendsLive ? made(atMs) : null));
  }
  const access = new RecordAccess({
    ...{ schedule, measurement: stored, filtered: true, combined: true, records: () => records },
    isBusy: () => sendsLive,
    ...(options.shuffles === true && { order: (list) => list.toSorted(() => random.between(-1, 1)) }),
  });
  const features: Characteristic = {
    uuid: '2BF3',
    flags: ['read'],
    read: () => new PacketBytes().u8(FEATURE_FLAGS).u8(2).u32(SATURATION.type).u32(PULSE.type).take(),
  };
  const control = liveControlPoint(
    schedule,
    {
      start: () => {
        sendsLive ||= !access.running;
        return sendsLive;
      },
      stop: () => {
        sendsLive = false;
      },
    },
    protection,
  );
  const peripheral = sensor({
    ...{ kind: 'health-sensor', model: 'Health Sensor', options, schedule, advance },
    services: [
      { uuid: '1840', characteristics: [live, stored, features, control, access.characteristic] },
      elapsedTimeService(clock),
    ],
    advancesMs: () => (options.measuresEveryMs && sendsLive ? observedMs + options.measuresEveryMs : null),
    disconnected: () => {
      sendsLive = false;
      access.disconnected();
      counter.disconnected();
    },
  });
  return {
    ...peripheral,
    kind: 'health-sensor',
    due: (atMs) => peripheral.due(atMs).map((packet) => counter.numbered(packet)),
    measure,
    stored: () => [...records],
    reset: () => {
      records = [];
      number = 0;
    },
  };
}
