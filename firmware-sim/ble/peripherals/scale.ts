// A scale with handles: weight with body mass index and height (Weight Scale Service 1.0), and body composition beside it
// (Body Composition Service 1.0). Somebody steps on it now and then.
import type { Random } from '../../random.ts';
import type { SimReading } from '../../reading.ts';
import { wandering } from '../../signals/wander.ts';
import { PacketBytes } from '../packet-bytes.ts';
import type { Characteristic, Packet, Peripheral } from '../peripheral.ts';
import { Schedule } from '../schedule.ts';
import { sensor } from '../sensor.ts';
import { DeviceClock } from './current-time.ts';
import type { PeripheralOptions } from './options.ts';

const WEIGHT = { time: 0x02, user: 0x04, bodyMassIndex: 0x08 } as const;
const COMPOSITION = { time: 0x02, user: 0x04, muscle: 0x10, water: 0x100, impedance: 0x200, weight: 0x400 } as const;
/** Time stamps, users, BMI; mass to 0.005 kg, height to 0.001 m. */
const WEIGHT_FEATURES = 0b0000_0001_1011_1111;
/** Time stamps, users, muscle percentage, water, impedance, weight; mass to 0.005 kg. */
const COMPOSITION_FEATURES = 0b0011_1011_1000_1011;
const STEPS_ON_EVERY_MS = 20_000;
const USER = 1;

export function scale(random: Random, options: PeripheralOptions): Peripheral {
  const height = Math.round(random.between(1550, 1900));
  const mass = wandering({ level: random.between(58, 92), spread: 0.4, memory: 86_400, low: 45, high: 140 }, random);
  const fat = wandering({ level: random.between(18, 32), spread: 0.5, memory: 86_400, low: 5, high: 50 }, random);
  const clock = new DeviceClock(options.clockErrorMs);
  const schedule = new Schedule();
  const protection = options.protection ?? 'none';
  const weight: Characteristic = { uuid: '2A9D', flags: ['indicate'], protection };
  const composition: Characteristic = { uuid: '2A9C', flags: ['indicate'], protection };
  /** Counts of 0.005 kg. */
  let counts = Math.round(mass(0) * 200);

  schedule.every(STEPS_ON_EVERY_MS, weight, (atMs) => {
    counts = Math.round(mass(STEPS_ON_EVERY_MS / 1000) * 200);
    const bodyMassIndex = Math.round((counts / 200 / (height / 1000) ** 2) * 10);
    return weightPacket({ counts, atMs: clock.at(atMs), user: USER, bodyMassIndex, height });
  });
  schedule.every(STEPS_ON_EVERY_MS, composition, (atMs) => {
    const percent = fat(STEPS_ON_EVERY_MS / 1000);
    return compositionPacket({
      ...{ fat: Math.round(percent * 10), atMs: clock.at(atMs), user: USER, counts },
      ...{ muscle: Math.round((100 - percent) * 5.2), water: Math.round(counts * 0.55), impedance: 4930 },
    });
  });

  const features = (uuid: string, value: number): Characteristic => ({
    ...{ uuid, flags: ['read'] },
    read: () => new PacketBytes().u32(value).take(),
  });
  return sensor({
    ...{ kind: 'scale', model: 'Body Scale', options, schedule },
    services: [
      { uuid: '181D', characteristics: [weight, features('2A9E', WEIGHT_FEATURES)] },
      { uuid: '181B', characteristics: [composition, features('2A9B', COMPOSITION_FEATURES)] },
      clock.service(),
    ],
  });
}

export interface WeightValues {
  /** Of 0.005 kg. */
  readonly counts: number;
  readonly atMs: number;
  readonly user: number;
  /** Tenths of kg/m². */
  readonly bodyMassIndex: number;
  /** Millimetres. */
  readonly height: number;
}

/** Weight Measurement (2A9D). */
export function weightPacket({
  counts,
  atMs,
  user,
  bodyMassIndex,
  height,
}: WeightValues): Omit<Packet, 'characteristic'> {
  const bytes = new PacketBytes()
    .u8(WEIGHT.time | WEIGHT.user | WEIGHT.bodyMassIndex)
    .u16(counts)
    .dateTime(atMs)
    .u8(user)
    .u16(bodyMassIndex)
    .u16(height)
    .take();
  const readings = [
    kilograms('MDC_MASS_BODY_ACTUAL', counts),
    exactly('MDC_RATIO_MASS_BODY_LEN_SQ', 'kg/m2', bodyMassIndex, -1),
    exactly('MDC_LEN_BODY_ACTUAL', 'cm', height, -1),
  ];
  return { bytes, readings, record: null };
}

export interface CompositionValues {
  /** Tenths of a percent. */
  readonly fat: number;
  readonly muscle: number;
  readonly atMs: number;
  readonly user: number;
  /** Of 0.005 kg: water and weight. */
  readonly water: number;
  readonly counts: number;
  /** Tenths of an ohm. */
  readonly impedance: number;
}

/** Body Composition Measurement (2A9C). */
export function compositionPacket(values: CompositionValues): Omit<Packet, 'characteristic'> {
  const { time, user, muscle, water, impedance, weight } = COMPOSITION;
  const bytes = new PacketBytes()
    .u16(time | user | muscle | water | impedance | weight)
    .u16(values.fat)
    .dateTime(values.atMs)
    .u8(values.user)
    .u16(values.muscle)
    .u16(values.water)
    .u16(values.impedance)
    .u16(values.counts)
    .take();
  const readings = [
    exactly('MDC_BODY_FAT', '%', values.fat, -1),
    exactly('musclePercentage', '%', values.muscle, -1),
    kilograms('MDC_BODY_WATER', values.water),
    exactly('bodyImpedance', 'Ohm', values.impedance, -1),
    kilograms('MDC_MASS_BODY_ACTUAL', values.counts),
  ];
  return { bytes, readings, record: null };
}

function kilograms(code: string, counts: number): SimReading {
  return exactly(code, 'kg', counts * 5, -3);
}

function exactly(code: string, unit: string, mantissa: number, exponent: number): SimReading {
  return { code, unit, value: { kind: 'decimal', mantissa, exponent } };
}
