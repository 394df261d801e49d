// Observations of a health sensor: a number of some type with its time, or a bundle of several that share one (GHS Service
// 1.0, information model of IEEE 11073-10206).
import type { Decimal, SimReading } from '../../reading.ts';
import { PacketBytes } from '../packet-bytes.ts';
import type { Made } from '../schedule.ts';
import { elapsedTime } from './elapsed-time.ts';

const CLASS = { numeric: 0x01, bundle: 0xff } as const;
const FLAG = { type: 0x0001, time: 0x0002 } as const;

/** What can be observed: MDC codes of type and unit, and the same in words. */
export interface Observable {
  readonly type: number;
  readonly unitTerm: number;
  readonly code: string;
  /** UCUM. */
  readonly unit: string;
}

export const SATURATION: Observable = { type: 150_456, unitTerm: 544, code: 'MDC_PULS_OXIM_SAT_O2', unit: '%' };
export const PULSE: Observable = { type: 149_530, unitTerm: 2720, code: 'MDC_PULS_OXIM_PULS_RATE', unit: '/min' };

export interface Observed extends Decimal {
  readonly what: Observable;
}

/** As it is sent live, whole. `atMs` by the device's clock. Several make a bundle. */
export function observation(atMs: number, observed: readonly [Observed, ...Observed[]]): Made {
  const [only, ...more] = observed;
  const bytes = more.length === 0 ? numeric(only, atMs) : bundle(observed, atMs);
  const readings = observed.map(
    ({ what: { code, unit }, mantissa, exponent }): SimReading => ({
      ...{ code, unit },
      value: { kind: 'decimal', mantissa, exponent },
    }),
  );
  return { bytes, readings, record: null };
}

/** The same as it is stored: after its number. */
export function storedObservation(record: number, { bytes, readings }: Made): Made {
  return { bytes: new PacketBytes().u32(record).raw(bytes).take(), readings, record };
}

/** `atMs` null: the bundle around it says when. */
function numeric({ what, mantissa, exponent }: Observed, atMs: number | null): Uint8Array {
  const fields = new PacketBytes().u16(FLAG.type | (atMs === null ? 0 : FLAG.time)).u32(what.type);
  if (atMs !== null) fields.raw(elapsedTime(atMs));
  return ofClass(CLASS.numeric, fields.u16(what.unitTerm).float({ mantissa, exponent }));
}

function bundle(observed: readonly Observed[], atMs: number): Uint8Array {
  const fields = new PacketBytes().u16(FLAG.time).raw(elapsedTime(atMs)).u8(observed.length);
  for (const one of observed) fields.raw(numeric(one, null));
  return ofClass(CLASS.bundle, fields);
}

function ofClass(classType: number, fields: PacketBytes): Uint8Array {
  const body = fields.take();
  return new PacketBytes().u8(classType).u16(body.length).raw(body).take();
}
