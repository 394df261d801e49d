// An ear thermometer: intermediate temperatures that climb while it measures, then an indication with time and place
// (Health Thermometer Service 1.0).
import type { Random } from '../../random.ts';
import { type Decimal, rounded } from '../../reading.ts';
import { wandering } from '../../signals/wander.ts';
import { PacketBytes } from '../packet-bytes.ts';
import type { Characteristic, Packet, Peripheral } from '../peripheral.ts';
import { Schedule } from '../schedule.ts';
import { sensor } from '../sensor.ts';
import { DeviceClock } from './current-time.ts';
import type { PeripheralOptions } from './options.ts';

const FLAG = { time: 0x02, type: 0x04 } as const;
const EAR = 3;
const MEASURES_EVERY_MS = 15_000;
const SHOWS_EVERY_MS = 1000;
/** Each second a cold probe comes so much nearer to the ear's warmth. */
const WARMING = 0.55;

export function thermometer(random: Random, options: PeripheralOptions): Peripheral {
  const warmth = wandering({ level: random.between(36.4, 37.2), spread: 0.2, memory: 3600, low: 35, high: 40 }, random);
  const clock = new DeviceClock(options.clockErrorMs);
  const schedule = new Schedule();
  const protection = options.protection ?? 'none';
  const measurement: Characteristic = { uuid: '2A1C', flags: ['indicate'], protection };
  const intermediate: Characteristic = { uuid: '2A1E', flags: ['notify'], protection };
  let probe = 30;

  schedule.every(MEASURES_EVERY_MS, measurement, (atMs) => {
    probe = 30;
    return temperaturePacket({ tenths: Math.round(warmth(15) * 10), atMs: clock.at(atMs), type: EAR });
  });
  schedule.every(SHOWS_EVERY_MS, intermediate, () => {
    probe += (36.9 - probe) * WARMING;
    return temperaturePacket({ tenths: Math.round(probe * 10), atMs: null, type: EAR });
  });

  const own: readonly Characteristic[] = [
    measurement,
    intermediate,
    { uuid: '2A1D', flags: ['read'], read: () => Uint8Array.of(EAR) },
    { uuid: '2A21', flags: ['read'], read: () => new PacketBytes().u16(MEASURES_EVERY_MS / 1000).take() },
  ];
  return sensor({
    ...{ kind: 'thermometer', model: 'Ear Thermometer', options, schedule },
    services: [{ uuid: '1809', characteristics: own }, clock.service()],
  });
}

export interface TemperatureValues {
  /** Tenths of a degree Celsius. */
  readonly tenths: number;
  /** By the device's clock; null: not sent. */
  readonly atMs: number | null;
  readonly type: number | null;
}

/** Temperature Measurement and Intermediate Temperature (2A1C, 2A1E). */
export function temperaturePacket({ tenths, atMs, type }: TemperatureValues): Omit<Packet, 'characteristic'> {
  const value: Decimal = { mantissa: tenths, exponent: -1 };
  const bytes = new PacketBytes().u8((atMs === null ? 0 : FLAG.time) | (type === null ? 0 : FLAG.type)).float(value);
  if (atMs !== null) bytes.dateTime(atMs);
  if (type !== null) bytes.u8(type);
  const reading = { code: 'MDC_TEMP_BODY', unit: 'Cel', value: rounded(tenths / 10, 1) };
  return { bytes: bytes.take(), readings: [reading], record: null };
}
