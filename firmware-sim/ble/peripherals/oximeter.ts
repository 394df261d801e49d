// A finger oximeter: saturation and pulse each second while worn (2A5F), and spot checks that it stored before (2A5E), which
// it hands out through its record access control point, all or none (Pulse Oximeter Service 1.0).
import type { Random } from '../../random.ts';
import { type Decimal, rounded, type SimReading } from '../../reading.ts';
import { wandering } from '../../signals/wander.ts';
import { PacketBytes } from '../packet-bytes.ts';
import type { Characteristic, Packet, Peripheral } from '../peripheral.ts';
import { RecordAccess, type StoredRecord } from '../records/record-access.ts';
import { Schedule } from '../schedule.ts';
import { sensor } from '../sensor.ts';
import { DeviceClock } from './current-time.ts';
import type { PeripheralOptions } from './options.ts';

const CONTINUOUS = { amplitude: 0x10 } as const;
const SPOT = { time: 0x01, amplitude: 0x08 } as const;
/** Spot checks with time stamps are stored. */
const FEATURES = 0b0000_0000_0000_1100;
const SPOT_EVERY_MS = 3_600_000;

export function oximeter(random: Random, options: PeripheralOptions): Peripheral {
  const oxygen = wandering({ level: random.between(95.5, 98.2), spread: 0.9, memory: 60, low: 84, high: 100 }, random);
  const heart = wandering({ level: random.between(58, 88), spread: 4, memory: 40, low: 40, high: 160 }, random);
  const amplitude = wandering({ level: 6, spread: 1.5, memory: 30, low: 0.3, high: 19 }, random);
  const clock = new DeviceClock(options.clockErrorMs);
  const schedule = new Schedule();
  const protection = options.protection ?? 'none';
  const continuous: Characteristic = { uuid: '2A5F', flags: ['notify'], protection };
  const spot: Characteristic = { uuid: '2A5E', flags: ['indicate'], protection };
  const measure = (seconds: number): OximeterValues => ({
    saturation: Math.round(oxygen(seconds)),
    pulse: Math.round(heart(seconds)),
    amplitude: Math.round(amplitude(seconds) * 10),
  });

  const stored: StoredRecord[] = Array.from({ length: options.records ?? 0 }, (_, i) => {
    const atMs = clock.at(options.startMs - ((options.records ?? 0) - i) * SPOT_EVERY_MS);
    return { key: i, packets: [{ characteristic: spot, ...spotPacket(measure(600), atMs) }] };
  });
  schedule.every(1000, continuous, () => continuousPacket(measure(1)));
  const access = new RecordAccess({ schedule, records: () => stored, measurement: spot, filtered: false });
  const features: Characteristic = {
    uuid: '2A60',
    flags: ['read'],
    read: () => new PacketBytes().u16(FEATURES).take(),
  };
  return sensor({
    ...{ kind: 'oximeter', model: 'Finger Oximeter', options, schedule },
    services: [{ uuid: '1822', characteristics: [continuous, spot, features, access.characteristic] }, clock.service()],
    disconnected: () => access.disconnected(),
  });
}

export interface OximeterValues {
  /** Percent. */
  readonly saturation: number;
  readonly pulse: number;
  /** Pulse amplitude index, tenths of a percent. */
  readonly amplitude: number;
}

/** PLX Continuous Measurement (2A5F). */
export function continuousPacket(values: OximeterValues): Omit<Packet, 'characteristic'> {
  const bytes = new PacketBytes().u8(CONTINUOUS.amplitude);
  fields(bytes, values).sfloat(tenths(values.amplitude));
  return { bytes: bytes.take(), readings: readingsOf(values), record: null };
}

/** PLX Spot-Check Measurement (2A5E). `atMs` by the device's clock. */
export function spotPacket(values: OximeterValues, atMs: number): Omit<Packet, 'characteristic'> {
  const bytes = new PacketBytes().u8(SPOT.time | SPOT.amplitude);
  fields(bytes, values).dateTime(atMs).sfloat(tenths(values.amplitude));
  return { bytes: bytes.take(), readings: readingsOf(values), record: null };
}

function fields(bytes: PacketBytes, { saturation, pulse }: OximeterValues): PacketBytes {
  return bytes.sfloat({ mantissa: saturation, exponent: 0 }).sfloat({ mantissa: pulse, exponent: 0 });
}

function readingsOf({ saturation, pulse, amplitude }: OximeterValues): SimReading[] {
  return [
    { code: 'MDC_PULS_OXIM_SAT_O2', unit: '%', value: rounded(saturation, 0) },
    { code: 'MDC_PULS_OXIM_PULS_RATE', unit: '/min', value: rounded(pulse, 0) },
    { code: 'MDC_PULS_OXIM_PERF_REL', unit: '%', value: { kind: 'decimal', ...tenths(amplitude) } },
  ];
}

function tenths(mantissa: number): Decimal {
  return { mantissa, exponent: -1 };
}
