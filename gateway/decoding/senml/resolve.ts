// Resolution of a SenML Pack (RFC 8428 section 4.6): base fields are folded into each record, so that a record says all
// of itself. Sums are exact decimals. What the RFC calls an error is one here; what it says to ignore is ignored.
import { type Decimal, type Value, VitalsealError } from '@vitalseal/ledger';
import { addDecimals, integerOf, ZERO } from '../arithmetic.ts';
import { BOUNDS, badValue, boundedText, malformed } from '../bounds.ts';
import type { SenmlRecord } from './record.ts';

/** `time` is seconds: relative to now below 2^28, else since 1970. `value` is null for a record with a sum alone. */
export interface ResolvedRecord {
  readonly name: string;
  readonly unit: string | null;
  readonly time: Decimal;
  readonly value: Value | null;
  readonly sum: Decimal | null;
  readonly updateTime: Decimal | null;
}

const VERSION = 10;
const BASE = new Set(['bver', 'bn', 'bt', 'bu', 'bv', 'bs']);
const REGULAR = new Set(['n', 'u', 'v', 'vs', 'vb', 'vd', 's', 't', 'ut']);
const NAME = /^[A-Za-z0-9][-A-Za-z0-9:./_]*$/;
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** The base fields in force: each holds from its record on, until a record sets it again. */
interface Base {
  name: string;
  time: Decimal | null;
  unit: string | null;
  value: Decimal | null;
  sum: Decimal | null;
  version: number | null;
}

/**
 * The records of a pack, resolved. A record of base fields alone yields nothing. Throws `payload_malformed`,
 * `value_malformed`, and `payload_unsupported` for a version above 10 or an unknown field that must be understood.
 */
export function resolveSenml(records: readonly SenmlRecord[]): ResolvedRecord[] {
  const base: Base = { name: '', time: null, unit: null, value: null, sum: null, version: null };
  const resolved: ResolvedRecord[] = [];
  for (const record of records) {
    const regular = checkLabels(record);
    applyBase(base, record);
    if (!regular) continue;
    if (resolved.length >= BOUNDS.readings) throw malformed('too many records');
    resolved.push(resolveRecord(base, record));
  }
  return resolved;
}

/** True when the record has a regular field. Unknown fields are ignored, but for those ending in "_" (section 4.4). */
function checkLabels(record: SenmlRecord): boolean {
  let regular = false;
  for (const label of record.keys()) {
    if (REGULAR.has(label)) regular = true;
    else if (!BASE.has(label) && label.endsWith('_')) {
      throw new VitalsealError('payload_unsupported', 'a SenML field that must be understood and is not');
    }
  }
  return regular;
}

function applyBase(base: Base, record: SenmlRecord): void {
  const version = numberField(record, 'bver');
  if (version !== null || base.version === null) {
    const number = version === null ? VERSION : integerOf(version);
    if (number === null || number < 1) throw malformed('base version is not a positive integer');
    if (number > VERSION) throw new VitalsealError('payload_unsupported', 'a SenML version above 10');
    if (base.version !== null && base.version !== number) throw malformed('records of different versions');
    base.version = number;
  }
  base.name = textField(record, 'bn', BOUNDS.name) ?? base.name;
  base.unit = textField(record, 'bu', BOUNDS.unit) ?? base.unit;
  base.time = numberField(record, 'bt') ?? base.time;
  base.value = numberField(record, 'bv') ?? base.value;
  base.sum = numberField(record, 'bs') ?? base.sum;
}

function resolveRecord(base: Base, record: SenmlRecord): ResolvedRecord {
  const name = base.name + (textField(record, 'n', BOUNDS.name) ?? '');
  if (!NAME.test(name) || name.length > BOUNDS.name) throw malformed('not a SenML name');
  const sum = numberField(record, 's');
  const value = readValue(base, record, sum !== null);
  return {
    name,
    unit: textField(record, 'u', BOUNDS.unit) ?? base.unit,
    time: total(base.time, numberField(record, 't')) ?? ZERO,
    value,
    sum: total(base.sum, sum),
    updateTime: numberField(record, 'ut'),
  };
}

/** What is missing counts as zero, and changes no digit of the other. */
function total(base: Decimal | null, own: Decimal | null): Decimal | null {
  return base === null || own === null ? (own ?? base) : addDecimals(base, own);
}

/** Exactly one value field, but for a sum alone (section 4.2); a base value stands in for a missing `v` (4.5.4). */
function readValue(base: Base, record: SenmlRecord, hasSum: boolean): Value | null {
  const present = ['v', 'vs', 'vb', 'vd'].filter((label) => record.has(label));
  if (present.length > 1) throw malformed('a record with two values');
  const v = record.get('v');
  if (isSpecial(v)) return { kind: 'special', special: v.special };
  const number = numberField(record, 'v');
  if (number !== null) return { kind: 'decimal', ...(total(base.value, number) as Decimal) };
  const text = textField(record, 'vs', BOUNDS.text);
  if (text !== null) return { kind: 'text', text };
  const flag = record.get('vb');
  if (flag !== undefined) {
    if (typeof flag !== 'boolean') throw malformed('vb is not a flag');
    return { kind: 'flag', flag };
  }
  if (record.has('vd')) return { kind: 'bytes', bytes: dataOf(record.get('vd')) };
  if (base.value !== null && !hasSum) return { kind: 'decimal', ...base.value };
  if (!hasSum && base.sum === null) throw malformed('a record without a value');
  return null;
}

function dataOf(data: unknown): Uint8Array {
  let bytes: Uint8Array;
  if (data instanceof Uint8Array) bytes = data;
  else {
    // Base64url without padding (section 5); the decoder alone would skip what it does not know.
    if (typeof data !== 'string' || !BASE64URL.test(data) || data.length % 4 === 1)
      throw malformed('vd is not base64url');
    bytes = new Uint8Array(Buffer.from(data, 'base64url'));
  }
  if (bytes.length > BOUNDS.data) throw badValue('too many bytes');
  return bytes;
}

type Special = { readonly special: 'NaN' | 'NRes' | '+INF' | '-INF' };

function isSpecial(value: unknown): value is Special {
  return typeof value === 'object' && value !== null && 'special' in value;
}

function numberField(record: SenmlRecord, label: string): Decimal | null {
  const value = record.get(label);
  if (value === undefined) return null;
  if (typeof value === 'object' && value !== null && 'mantissa' in value) {
    return { mantissa: value.mantissa, exponent: value.exponent };
  }
  throw malformed('a field that must be a number');
}

function textField(record: SenmlRecord, label: string, limit: number): string | null {
  const value = record.get(label);
  if (value === undefined) return null;
  if (typeof value !== 'string') throw malformed('a field that must be a text');
  return boundedText(value, limit);
}
