// A glucose meter that stores: each measurement gets the next sequence number and comes out when it is asked for, with a meal
// and carbohydrates beside some of them (Glucose Service 1.1).
import type { Random } from '../../random.ts';
import type { Decimal, SimReading } from '../../reading.ts';
import { glucose } from '../../signals/glucose.ts';
import { PacketBytes } from '../packet-bytes.ts';
import type { Characteristic, Packet, Peripheral } from '../peripheral.ts';
import { RecordAccess, type StoredRecord } from '../records/record-access.ts';
import { Schedule } from '../schedule.ts';
import { sensor } from '../sensor.ts';
import { DeviceClock } from './current-time.ts';
import type { PeripheralOptions } from './options.ts';

const FLAG = { offset: 0x01, concentration: 0x02, status: 0x08, context: 0x10 } as const;
const CONTEXT = { carbohydrate: 0x01, meal: 0x02 } as const;
/** Capillary whole blood from a finger. */
const SAMPLE = 0x11;
/** Low battery, malfunction, sample size, strip errors, high and low results. */
const FEATURES = 0x007f;
const MEALS = ['preprandial', 'postprandial', 'fasting'] as const;
const SNACK = 4;
const HOUR_MS = 3_600_000;
const STORED = 12;
const WRAP = 0x1_0000;

export interface GlucoseMeter extends Peripheral {
  readonly kind: 'glucose-ble';
  /** A drop of blood: stores one more record and answers its sequence number. */
  measure(atMs: number): number;
  /** What it stores now, in order. */
  stored(): readonly StoredRecord[];
  /** Back to the factory: no records, numbers begin at 0 again. */
  reset(): void;
}

export function glucoseMeter(random: Random, options: PeripheralOptions): GlucoseMeter {
  const level = glucose(random.fork('glucose'));
  const clock = new DeviceClock(options.clockErrorMs);
  const schedule = new Schedule();
  const protection = options.protection ?? 'none';
  const measurement: Characteristic = { uuid: '2A18', flags: ['notify'], protection };
  const context: Characteristic = { uuid: '2A34', flags: ['notify'], protection };
  let records: StoredRecord[] = [];
  let sequence = options.firstSequence ?? 1;
  let measuredMs = options.startMs;

  /** Stores what is measured at `atMs`. */
  function store(atMs: number): StoredRecord {
    const milligrams = Math.round(level(Math.floor(atMs / 60_000) % 1440, 60));
    const meal = random.chance(0.5) ? { kind: 1 + Math.floor(random.between(0, MEALS.length)), grams: 45 } : null;
    const values = { sequence, atMs: clock.at(atMs), offsetMinutes: 0, milligrams, status: 0, meal };
    const packets: Omit<Packet, 'record'>[] = [{ characteristic: measurement, ...glucosePacket(values) }];
    if (meal !== null) packets.push({ characteristic: context, ...contextPacket({ sequence, ...meal }) });
    const record = { key: sequence, packets };
    sequence = (sequence + 1) % WRAP;
    records.push(record);
    return record;
  }

  /** Measures as often as the meter does by itself. */
  function advance(atMs: number): void {
    const every = options.measuresEveryMs ?? 0;
    while (every > 0 && measuredMs + every <= atMs) measure(measuredMs + every);
  }

  function measure(atMs: number): number {
    measuredMs = atMs;
    const record = store(atMs);
    if (options.sendsLive === true && !access.running) {
      for (const packet of record.packets) schedule.enqueue({ ...packet, record: record.key }, atMs);
    }
    return record.key;
  }

  const access = new RecordAccess({
    ...{ schedule, measurement, filtered: true, records: () => records },
    ...(options.shuffles === true && { order: (list) => list.toSorted(() => random.between(-1, 1)) }),
  });
  const before = options.records ?? STORED;
  for (let n = before; n > 0; n--) store(options.startMs - n * HOUR_MS);

  const features: Characteristic = {
    uuid: '2A51',
    flags: ['read'],
    read: () => new PacketBytes().u16(FEATURES).take(),
  };
  const peripheral = sensor({
    ...{ kind: 'glucose-ble', model: 'Glucose Meter', options, schedule, advance },
    services: [
      { uuid: '1808', characteristics: [measurement, context, features, access.characteristic] },
      clock.service(),
    ],
    advancesMs: () => (options.measuresEveryMs && options.sendsLive ? measuredMs + options.measuresEveryMs : null),
    disconnected: () => access.disconnected(),
  });
  return {
    ...peripheral,
    kind: 'glucose-ble',
    measure,
    stored: () => [...records],
    reset: () => {
      records = [];
      sequence = 0;
    },
  };
}

export interface GlucoseValues {
  readonly sequence: number;
  /** By the device's clock. */
  readonly atMs: number;
  readonly offsetMinutes: number;
  /** mg/dL. */
  readonly milligrams: number;
  readonly status: number;
  readonly meal: { readonly kind: number; readonly grams: number } | null;
}

/** Glucose Measurement (2A18), in kg/L as mg/dL × 10^-5. */
export function glucosePacket(values: GlucoseValues): Omit<Packet, 'characteristic'> {
  const concentration: Decimal = { mantissa: values.milligrams, exponent: -5 };
  const bytes = new PacketBytes()
    .u8(FLAG.offset | FLAG.concentration | FLAG.status | (values.meal === null ? 0 : FLAG.context))
    .u16(values.sequence)
    .dateTime(values.atMs)
    .u16(values.offsetMinutes)
    .sfloat(concentration)
    .u8(SAMPLE)
    .u16(values.status)
    .take();
  const value = { kind: 'decimal', ...concentration } as const;
  const readings = [{ code: 'MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD', unit: 'kg/L', value }];
  return { bytes, readings, record: values.sequence };
}

/** Glucose Measurement Context (2A34). */
export function contextPacket(values: { sequence: number; kind: number; grams: number }) {
  const carbohydrate = { mantissa: values.grams, exponent: -3 };
  const bytes = new PacketBytes()
    .u8(CONTEXT.carbohydrate | CONTEXT.meal)
    .u16(values.sequence)
    .u8(SNACK)
    .sfloat(carbohydrate)
    .u8(values.kind)
    .take();
  const readings: SimReading[] = [
    { code: 'MDC_CTXT_GLU_CARB', unit: 'kg', value: { kind: 'decimal', ...carbohydrate } },
    { code: 'MDC_CTXT_GLU_MEAL', unit: '', value: { kind: 'text', text: MEALS[values.kind - 1] ?? '' } },
  ];
  return { bytes, readings, record: values.sequence };
}
