// Resolved SenML records as readings: names become MDC terms and units UCUM where a table knows them for sure; all else
// is kept as received.
import { type CborValue, CONTEXT, type Decimal, formatDecimal, type ReadingContext } from '@vitalseal/ledger';
import { lastPart, termOfSenml } from '../../codes/senml-names.ts';
import { ucumOfSenml } from '../../codes/senml-units.ts';
import type { UncountedReading } from '../../contract.ts';
import { integerOf, isBelow } from '../arithmetic.ts';
import { malformed } from '../bounds.ts';
import { faultOfUnixMs } from '../device-time.ts';
import { type Stamp, stamped } from '../stamp.ts';
import type { ResolvedRecord } from './resolve.ts';

/** Below this, a SenML time is relative to now (RFC 8428 section 4.5.3). */
const ABSOLUTE_FROM = 2 ** 28;

/** One reading per value, and one per sum. Throws `payload_malformed` when there is none at all. */
export function readingsOfSenml(records: readonly ResolvedRecord[], stamp: Stamp): UncountedReading[] {
  const readings: UncountedReading[] = [];
  for (const record of records) {
    if (record.value !== null) readings.push(readingOfValue(record, stamp));
    if (record.sum !== null) readings.push(readingOfSum(record, record.sum, stamp));
  }
  if (readings.length === 0) throw malformed('a SenML pack without a value');
  return readings;
}

function readingOfValue(record: ResolvedRecord, stamp: Stamp): UncountedReading {
  const { unit, context } = unitOf(record);
  const term = termOfSenml(record.name, unit);
  if (term === null) context.set(CONTEXT.unmapped, true);
  else if (!saysAll(record.name, stamp.device)) context.set(CONTEXT.sourceName, record.name);
  const value = record.value as NonNullable<typeof record.value>;
  return reading(record, { code: term?.refid ?? record.name, mdc: term?.mdc ?? null, unit, value, context }, stamp);
}

/** An integral over time is not the measurement that its name means, so it keeps its own name. */
function readingOfSum(record: ResolvedRecord, sum: Decimal, stamp: Stamp): UncountedReading {
  const { unit, context } = unitOf(record);
  context.set(CONTEXT.unmapped, true).set(CONTEXT.integral, true);
  const value = { kind: 'decimal', mantissa: sum.mantissa, exponent: sum.exponent } as const;
  return reading(
    record,
    { code: record.name, mdc: null, unit: unit === '' ? 's' : `${unit}.s`, value, context },
    stamp,
  );
}

type Parts = Pick<UncountedReading, 'code' | 'mdc' | 'unit' | 'value'> & { context: Map<number, CborValue> };

function reading(record: ResolvedRecord, parts: Parts, stamp: Stamp): UncountedReading {
  const { context } = parts;
  if (record.updateTime !== null) context.set(CONTEXT.updateTime, formatDecimal(record.updateTime));
  const deviceTime = timeText(record.time);
  const fault = timeFault(record.time, stamp);
  if (fault !== null) context.set(CONTEXT.sourceTimeFault, fault);
  return stamped({ ...parts, deviceTime, context: context.size === 0 ? null : (context as ReadingContext) }, stamp);
}

function unitOf(record: ResolvedRecord): { unit: string; context: Map<number, CborValue> } {
  const context = new Map<number, CborValue>();
  if (record.unit === null || record.unit === '') return { unit: '', context };
  const ucum = ucumOfSenml(record.unit);
  if (ucum !== record.unit) context.set(CONTEXT.sourceUnit, record.unit);
  return { unit: ucum ?? record.unit, context };
}

/** True when the reading's device and code together say what the name said. */
function saysAll(name: string, device: string): boolean {
  const prefix = name.slice(0, name.length - lastPart(name).length).replace(/[:/]$/, '');
  return prefix === '' || lastPart(prefix) === device;
}

/** Seconds as the device gave them; null for "now". */
function timeText(time: Decimal): string | null {
  if (time.mantissa === 0) return null;
  return formatDecimal(
    time.exponent > 0
      ? { mantissa: integerOf(time) ?? time.mantissa, exponent: integerOf(time) === null ? time.exponent : 0 }
      : time,
  );
}

function timeFault(time: Decimal, stamp: Stamp): string | null {
  if (isBelow(time, ABSOLUTE_FROM)) return null;
  return faultOfUnixMs(Number(time.mantissa) * 10 ** (time.exponent + 3), stamp);
}
