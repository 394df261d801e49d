// An upper-arm cuff: it inflates while somebody watches (2A36) and then indicates one measurement with pulse and status
// (Blood Pressure Service 1.1).
import type { Random } from '../../random.ts';
import { rounded } from '../../reading.ts';
import { wandering } from '../../signals/wander.ts';
import { PacketBytes } from '../packet-bytes.ts';
import type { Characteristic, Packet, Peripheral } from '../peripheral.ts';
import { Schedule } from '../schedule.ts';
import { sensor } from '../sensor.ts';
import { DeviceClock } from './current-time.ts';
import type { PeripheralOptions } from './options.ts';

const FLAG = { time: 0x02, pulse: 0x04, user: 0x08, status: 0x10 } as const;
const FEATURES = 0x0007;
const MEASURES_EVERY_MS = 20_000;
const INFLATES_EVERY_MS = 500;
const IRREGULAR_PULSE = 0x0004;

export function cuff(random: Random, options: PeripheralOptions): Peripheral {
  const systole = wandering({ level: random.between(108, 136), spread: 6, memory: 600, low: 80, high: 200 }, random);
  const heart = wandering({ level: random.between(58, 88), spread: 4, memory: 60, low: 40, high: 160 }, random);
  const clock = new DeviceClock(options.clockErrorMs);
  const schedule = new Schedule();
  const protection = options.protection ?? 'none';
  const measurement: Characteristic = { uuid: '2A35', flags: ['indicate'], protection };
  const inflating: Characteristic = { uuid: '2A36', flags: ['notify'], protection };
  let pressure = 0;

  schedule.every(MEASURES_EVERY_MS, measurement, (atMs) => {
    pressure = 0;
    const systolic = Math.round(systole(MEASURES_EVERY_MS / 1000));
    const diastolic = Math.round(systolic * 0.64);
    return cuffPacket({
      ...{ systolic, diastolic, mean: Math.round(diastolic + (systolic - diastolic) / 3) },
      ...{ pulse: Math.round(heart(20)), user: 1, status: random.chance(0.03) ? IRREGULAR_PULSE : 0 },
      atMs: clock.at(atMs),
    });
  });
  schedule.every(INFLATES_EVERY_MS, inflating, () => {
    pressure = pressure >= 170 ? 20 : pressure + 15;
    return inflationPacket(pressure);
  });

  const features: Characteristic = {
    uuid: '2A49',
    flags: ['read'],
    read: () => new PacketBytes().u16(FEATURES).take(),
  };
  return sensor({
    ...{ kind: 'cuff', model: 'Arm Cuff', options, schedule },
    services: [{ uuid: '1810', characteristics: [measurement, inflating, features] }, clock.service()],
  });
}

export interface CuffValues {
  /** mm[Hg]. */
  readonly systolic: number;
  readonly diastolic: number;
  readonly mean: number;
  /** By the device's clock. */
  readonly atMs: number;
  readonly pulse: number;
  readonly user: number;
  readonly status: number;
}

/** Blood Pressure Measurement (2A35). */
export function cuffPacket(values: CuffValues): Omit<Packet, 'characteristic'> {
  const whole = (mantissa: number) => ({ mantissa, exponent: 0 });
  const bytes = new PacketBytes()
    .u8(FLAG.time | FLAG.pulse | FLAG.user | FLAG.status)
    .sfloat(whole(values.systolic))
    .sfloat(whole(values.diastolic))
    .sfloat(whole(values.mean))
    .dateTime(values.atMs)
    .sfloat(whole(values.pulse))
    .u8(values.user)
    .u16(values.status)
    .take();
  const readings = [
    { code: 'MDC_PRESS_BLD_NONINV_SYS', unit: 'mm[Hg]', value: rounded(values.systolic, 0) },
    { code: 'MDC_PRESS_BLD_NONINV_DIA', unit: 'mm[Hg]', value: rounded(values.diastolic, 0) },
    { code: 'MDC_PRESS_BLD_NONINV_MEAN', unit: 'mm[Hg]', value: rounded(values.mean, 0) },
    { code: 'MDC_PULS_RATE_NON_INV', unit: '/min', value: rounded(values.pulse, 0) },
  ];
  return { bytes, readings, record: null };
}

/** Intermediate Cuff Pressure (2A36): diastolic and mean have no meaning. */
export function inflationPacket(pressure: number): Omit<Packet, 'characteristic'> {
  const bytes = new PacketBytes().u8(0).sfloat({ mantissa: pressure, exponent: 0 }).sfloat('NaN').sfloat('NaN').take();
  return { bytes, readings: [{ code: 'cuffPressure', unit: 'mm[Hg]', value: rounded(pressure, 0) }], record: null };
}
