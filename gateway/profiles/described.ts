// A packet as plain data for people and scripts: readings with names instead of numbers and values as text, and every
// other field that the packet has. This is what `vitalseal decode` prints.
import { type CborValue, contextName, toHex, type Value, VitalsealError } from '@vitalseal/ledger';
import type { Measured } from '../decoding/stamp.ts';
import { BARE_TYPES } from './bare-types.ts';
import { characteristicName, decodeCharacteristic, knownCharacteristics } from './characteristics.ts';
import type { DecodedPacket, Fact, Facts } from './decoded.ts';
import { plainDecimal } from './value-text.ts';

export interface DescribedReading {
  /** Which of `context.records` it is of; only in a packet with several. */
  readonly record?: number;
  readonly code: string | null;
  readonly mdc: number | null;
  /** Decimal text, a special value, a text, `true` or `false`, hex; a list of decimal texts for a waveform. */
  readonly value: string | readonly string[];
  /** UCUM; empty where there is none. */
  readonly unit: string;
  /** Of a waveform: from one sample to the next. */
  readonly periodUs?: number;
  readonly deviceTime: string | null;
  /** By name; only where there is any. */
  readonly context?: { readonly [name: string]: Fact };
}

export interface Described {
  /** The shortened UUID, or the name of the bare type. */
  readonly characteristic: string;
  readonly name: string;
  readonly readings: readonly DescribedReading[];
  /** Every field besides the readings. Of a packet with several measurements, `records` has those of each. */
  readonly context: Facts;
}

/** Decodes and describes. `key` is as `findCharacteristic` gives it. Throws what `decodeCharacteristic` throws. */
export function describeCharacteristic(key: string, bytes: Uint8Array): Described {
  const bare = Object.hasOwn(BARE_TYPES, key) ? BARE_TYPES[key] : undefined;
  if (bare !== undefined) {
    const { value, facts } = bare.decode(bytes);
    const readings =
      value === null ? [] : [{ code: null, mdc: null, value: textOf(value), unit: '', deviceTime: null }];
    return { characteristic: key, name: bare.name, readings, context: facts };
  }
  const name = characteristicName(key);
  if (name === null) throw new VitalsealError('characteristic_unknown');
  return { characteristic: key, name, ...describePacket(decodeCharacteristic(key, bytes)) };
}

/**
 * The key of what somebody means: `2A37`, `2a37`, `0x2A37`, the whole UUID with or without hyphens, the name
 * ("Heart Rate Measurement", in any case, with any separators) or a bare type. Null when nothing here is called so.
 */
export function findCharacteristic(text: string): string | null {
  const plain = plainName(text);
  const named = byName().get(plain);
  if (named !== undefined) return named;
  const uuid = /^(?:0x)?(?:0000)?([0-9a-f]{4})(?:00001000800000805f9b34fb)?$/.exec(plain)?.[1]?.toUpperCase();
  if (uuid !== undefined && characteristicName(uuid) !== null) return uuid;
  return null;
}

let names: ReadonlyMap<string, string> | undefined;

function byName(): ReadonlyMap<string, string> {
  names ??= new Map([
    ...knownCharacteristics().map((uuid): [string, string] => [plainName(characteristicName(uuid) ?? uuid), uuid]),
    ...Object.keys(BARE_TYPES).map((name): [string, string] => [plainName(name), name]),
  ]);
  return names;
}

function plainName(text: string): string {
  return text.toLowerCase().replace(/[\s_-]/g, '');
}

function describePacket({ measurements, facts }: DecodedPacket): Pick<Described, 'readings' | 'context'> {
  const several = measurements.length > 1;
  return {
    readings: measurements.flatMap(({ readings }, record) =>
      readings.map((reading) => ({ ...(several ? { record } : {}), ...describeReading(reading) })),
    ),
    context: several
      ? { ...facts, records: measurements.map((measurement) => measurement.facts) }
      : { ...facts, ...measurements[0]?.facts },
  };
}

function describeReading({ code, mdc, unit, value, deviceTime, context }: Measured): DescribedReading {
  const named = [...(context ?? [])].map(([key, entry]): [string, Fact] => [
    contextName(key) ?? `${key}`,
    plain(entry),
  ]);
  return {
    code,
    mdc,
    value: textOf(value),
    unit,
    ...(value.kind === 'samples' ? { periodUs: value.periodUs } : {}),
    deviceTime,
    ...(named.length === 0 ? {} : { context: Object.fromEntries(named) }),
  };
}

function textOf(value: Value): string | readonly string[] {
  switch (value.kind) {
    case 'decimal':
      return plainDecimal(value);
    case 'special':
      return value.special;
    case 'text':
      return value.text;
    case 'flag':
      return String(value.flag);
    case 'bytes':
      return toHex(value.bytes);
    case 'samples':
      return Array.from(value.samples, (sample) =>
        plainDecimal({ mantissa: BigInt(sample) * BigInt(value.scale.mantissa), exponent: value.scale.exponent }),
      );
  }
}

function plain(entry: CborValue): Fact {
  if (entry === null || typeof entry === 'string' || typeof entry === 'number' || typeof entry === 'boolean')
    return entry;
  if (typeof entry === 'bigint') return entry.toString();
  if (entry instanceof Uint8Array) return toHex(entry);
  if (entry instanceof Map) return Object.fromEntries([...entry].map(([key, value]) => [String(key), plain(value)]));
  return Array.isArray(entry) ? entry.map(plain) : String(entry);
}
