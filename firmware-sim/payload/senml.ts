// SenML packs (RFC 8428) in JSON and CBOR: base name and base time in the first record, then one record per value. SenML
// knows no block of samples, so a waveform becomes one record per sample, as the RFC has it.
import { type Decimal, decimalText, type SimReading } from '../reading.ts';
import { type Cbor, encodeCbor } from './cbor.ts';

/** Labels of RFC 8428, table 6. */
const LABEL = { bn: -2, bt: -3, n: 0, u: 1, v: 2, vs: 3, t: 6 } as const;

/** A record before it is written; numbers as exact decimals. */
interface Record {
  bn?: string;
  bt?: Decimal;
  n: string;
  u?: string;
  v?: Decimal;
  vs?: string;
  t?: Decimal;
}

export interface Pack {
  bytes: Uint8Array;
  /** Readings that the pack holds: one per record. */
  readings: number;
}

export function senmlJson(device: string, timeMs: number, readings: readonly SimReading[]): Pack {
  const records = recordsOf(device, timeMs, readings);
  const text = records.map((record) => {
    const members = Object.entries(record).map(
      ([name, value]) =>
        `"${name}":${typeof value === 'string' ? JSON.stringify(value) : decimalText(value as Decimal)}`,
    );
    return `{${members.join(',')}}`;
  });
  return { bytes: new TextEncoder().encode(`[${text.join(',')}]`), readings: records.length };
}

export function senmlCbor(device: string, timeMs: number, readings: readonly SimReading[]): Pack {
  const records = recordsOf(device, timeMs, readings);
  const maps = records.map(
    (record) =>
      new Map<number, Cbor>(
        Object.entries(record).map(([name, value]) => [
          LABEL[name as keyof Record],
          typeof value === 'string' ? value : Number(decimalText(value as Decimal)),
        ]),
      ),
  );
  return { bytes: encodeCbor(maps), readings: records.length };
}

function recordsOf(device: string, timeMs: number, readings: readonly SimReading[]): Record[] {
  const records: Record[] = [];
  for (const { code, unit, value, offsetMs = 0 } of readings) {
    const record = (parts: Omit<Record, 'n' | 'u'>, afterUs: number) => {
      const t = afterUs === 0 ? {} : { t: { mantissa: afterUs, exponent: -6 } };
      records.push({ n: code, ...(unit === '' ? {} : { u: senmlUnit(unit) }), ...parts, ...t });
    };
    if (value.kind === 'decimal') record({ v: value }, offsetMs * 1000);
    else if (value.kind === 'text') record({ vs: value.text }, offsetMs * 1000);
    else {
      value.samples.forEach((sample, i) => {
        const v = { mantissa: sample * value.scale.mantissa, exponent: value.scale.exponent };
        record({ v }, offsetMs * 1000 + i * value.periodUs);
      });
    }
  }
  const [first, ...rest] = records;
  if (!first) return [];
  return [{ bn: `${device}:`, bt: { mantissa: timeMs, exponent: -3 }, ...first }, ...rest];
}

/** The registry's own spelling where it has one. */
function senmlUnit(ucum: string): string {
  return ucum === '/min' ? '1/min' : ucum;
}
