// A chest strap: heart rate each second with every RR interval since the last packet, skin contact and the energy expended
// (Heart Rate Service 1.0). Contact is lost now and then, and then there are no intervals.
import type { Random } from '../../random.ts';
import type { SimReading } from '../../reading.ts';
import { rounded } from '../../reading.ts';
import { wandering } from '../../signals/wander.ts';
import { PacketBytes } from '../packet-bytes.ts';
import { AttError, type Characteristic, type Packet, type Peripheral } from '../peripheral.ts';
import { Schedule } from '../schedule.ts';
import { sensor } from '../sensor.ts';
import type { PeripheralOptions } from './options.ts';

const FLAG = { wide: 0x01, contact: 0x02, contactSupported: 0x04, energy: 0x08, intervals: 0x10 } as const;
/** Every so many seconds the energy goes along, as the specification recommends. */
const ENERGY_EVERY = 10;
const BODY_LOCATION_CHEST = 1;
const RESET_ENERGY = 1;
const CONTROL_POINT_NOT_SUPPORTED = 0x80;

export function heartRateStrap(random: Random, options: PeripheralOptions): Peripheral {
  const heart = wandering({ level: random.between(58, 92), spread: 5, memory: 40, low: 40, high: 185 }, random);
  const schedule = new Schedule();
  const protection = options.protection ?? 'none';
  let energy = 0;
  let count = 0;
  /** Time since the last beat, carried from packet to packet (1/1024 s). */
  let carried = random.between(0, 900);

  const measurement: Characteristic = { uuid: '2A37', flags: ['notify'], protection };
  const location: Characteristic = {
    uuid: '2A38',
    flags: ['read'],
    protection,
    read: () => Uint8Array.of(BODY_LOCATION_CHEST),
  };
  const controlPoint: Characteristic = {
    uuid: '2A39',
    flags: ['write'],
    write: (bytes) => {
      if (bytes[0] !== RESET_ENERGY) throw new AttError(CONTROL_POINT_NOT_SUPPORTED);
      energy = 0;
    },
  };

  schedule.every(1000, measurement, () => {
    const rate = Math.round(heart(1));
    energy = Math.min(0xffff, energy + rate / 900);
    const contact = !random.chance(0.02);
    const intervals = contact ? beats(rate) : [];
    return strapPacket({
      rate,
      contact,
      intervals,
      energy: count++ % ENERGY_EVERY === 0 ? Math.floor(energy) : null,
    });
  });

  /** The RR intervals that ended in the last second, in 1/1024 s. */
  function beats(rate: number): number[] {
    const found: number[] = [];
    carried += 1024;
    for (;;) {
      const interval = Math.round((60 * 1024) / rate + random.normal() * 18);
      if (interval > carried || found.length === 7) return found;
      carried -= interval;
      found.push(interval);
    }
  }

  return sensor({
    ...{ kind: 'heart-rate', model: 'HR Strap', options, schedule },
    services: [{ uuid: '180D', characteristics: [measurement, location, controlPoint] }],
  });
}

export interface StrapValues {
  readonly rate: number;
  readonly contact: boolean;
  /** 1/1024 s. */
  readonly intervals: readonly number[];
  /** Kilojoules. */
  readonly energy: number | null;
}

/** Heart Rate Measurement (2A37). */
export function strapPacket({ rate, contact, intervals, energy }: StrapValues): Omit<Packet, 'characteristic'> {
  const wide = rate > 0xff;
  const flags =
    FLAG.contactSupported |
    (wide ? FLAG.wide : 0) |
    (contact ? FLAG.contact : 0) |
    (energy === null ? 0 : FLAG.energy) |
    (intervals.length === 0 ? 0 : FLAG.intervals);
  const bytes = new PacketBytes().u8(flags);
  if (wide) bytes.u16(rate);
  else bytes.u8(rate);
  if (energy !== null) bytes.u16(energy);
  for (const interval of intervals) bytes.u16(interval);
  const readings: SimReading[] = [{ code: 'MDC_HF_HR', unit: '/min', value: rounded(rate, 0) }];
  if (energy !== null) readings.push({ code: 'MDC_HF_ENERGY', unit: 'kJ', value: rounded(energy, 0) });
  for (const interval of intervals) {
    readings.push({ code: 'MDC_ECG_TIME_PD_RR_GL', unit: 'ms', value: milliseconds(interval) });
  }
  return { bytes: bytes.take(), readings, record: null };
}

/** n/1024 s in milliseconds, exactly. */
function milliseconds(n: number): SimReading['value'] {
  let mantissa = n * 9765625;
  let exponent = -7;
  for (; exponent < 0 && mantissa % 10 === 0; exponent++) mantissa /= 10;
  return { kind: 'decimal', mantissa, exponent };
}
