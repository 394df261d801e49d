// Our own JSON payload:
//   {"time":"2026-11-20T10:00:00.250Z","readings":[{"code":"MDC_ECG_HEART_RATE","value":72,"unit":"/min"},
//    {"code":"MDC_ECG_ELEC_POTL_II","unit":"mV","period_ms":4,"scale":0.005,"samples":[3,5]}],"alarm":false}
// Unknown members are refused: a misspelt "vale" must not become a reading without a value.
import { CONTEXT, type Decimal, type ReadingContext, type Value, VitalsealError } from '@vitalseal/ledger';
import { type Term, termOfCode, termOfRefid } from '../codes/mdc.ts';
import type { UncountedReading } from '../contract.ts';
import { integerOf } from './arithmetic.ts';
import { BOUNDS, badValue, boundedText, malformed } from './bounds.ts';
import { faultOfDateTime, type TimeFault } from './device-time.ts';
import { isDecimal, type JsonObject, type JsonValue, parseJson } from './json.ts';
import { type Stamp, stamped, unmappedContext } from './stamp.ts';

export interface OwnMessage {
  readonly readings: UncountedReading[];
  readonly alarm: boolean;
}

const MESSAGE_NAMES = new Set(['time', 'readings', 'alarm']);
const READING_NAMES = new Set(['code', 'mdc', 'value', 'unit', 'time', 'period_ms', 'scale', 'samples']);
const SPECIALS = new Set(['NaN', 'NRes', '+INF', '-INF']);
const ONE: Decimal = { mantissa: 1, exponent: 0 };

/**
 * Readings of a payload in our own JSON. Throws `payload_malformed`, `value_malformed` or `time_malformed`; a number and
 * a reference id that do not belong together are `payload_malformed`.
 */
export function decodeOwnJson(text: string, stamp: Stamp): OwnMessage {
  const message = parseJson(text);
  if (!(message instanceof Map)) throw malformed('not an object');
  onlyNames(message, MESSAGE_NAMES);
  const readings = message.get('readings');
  if (!Array.isArray(readings) || readings.length === 0) throw malformed('no readings');
  if (readings.length > BOUNDS.readings) throw malformed('too many readings');
  const alarm = message.get('alarm') ?? false;
  if (typeof alarm !== 'boolean') throw malformed('alarm is not a flag');
  const time = new DeviceTime(message.get('time'), stamp);
  return { readings: readings.map((reading) => decodeReading(reading, time, alarm, stamp)), alarm };
}

/** A device's time text with what is wrong with it, looked at once however many readings share it. */
class DeviceTime {
  readonly text: string | null;
  readonly fault: TimeFault | null;

  constructor(value: JsonValue | undefined, stamp: Stamp) {
    if (value !== undefined && value !== null && typeof value !== 'string') throw timeMalformed();
    if (typeof value === 'string' && (value.length === 0 || value.length > BOUNDS.time)) throw timeMalformed();
    this.text = typeof value === 'string' ? boundedText(value, BOUNDS.time) : null;
    this.fault = this.text === null ? null : faultOfDateTime(this.text, stamp);
  }
}

function timeMalformed(): VitalsealError {
  return new VitalsealError('time_malformed', 'time is not a text within bounds');
}

function decodeReading(item: JsonValue, shared: DeviceTime, alarm: boolean, stamp: Stamp): UncountedReading {
  if (!(item instanceof Map)) throw malformed('a reading is not an object');
  onlyNames(item, READING_NAMES);
  const own = item.get('time');
  const time = own === undefined ? shared : new DeviceTime(own, stamp);
  const { code, mdc } = codeOf(item);
  const value = item.has('samples') ? samplesOf(item) : readValue(item);
  return stamped(
    {
      code,
      mdc,
      unit: unitOf(item, value),
      value,
      deviceTime: time.text,
      context: contextOf(mdc === null, alarm, time.fault),
    },
    stamp,
  );
}

function contextOf(unmapped: boolean, alarm: boolean, fault: TimeFault | null): ReadingContext | null {
  if (!alarm && fault === null) return unmapped ? unmappedContext() : null;
  const context = new Map<number, string | boolean>();
  if (alarm) context.set(CONTEXT.alarm, true);
  if (fault !== null) context.set(CONTEXT.sourceTimeFault, fault);
  if (unmapped) context.set(CONTEXT.unmapped, true);
  return context;
}

function onlyNames(object: JsonObject, names: ReadonlySet<string>): void {
  for (const name of object.keys()) if (!names.has(name)) throw malformed('an unknown name');
}

/** `code` is a reference id, our 32-bit number, or both as "147842^MDC_ECG_HEART_RATE"; `mdc` may add the number. */
function codeOf(item: JsonObject): { code: string; mdc: number | null } {
  const given = item.get('code');
  const extra = item.get('mdc');
  const number = extra === undefined || extra === null ? null : codeNumber(extra);
  if (isDecimal(given)) return knownCode(codeNumber(given), null, number);
  if (typeof given !== 'string' || given.length === 0) throw malformed('no code');
  const text = boundedText(given, BOUNDS.name);
  const pair = /^(\d{1,10})\^(.+)$/.exec(text);
  if (pair !== null) return knownCode(Number(pair[1]), pair[2] as string, number);
  return number === null ? named(text) : knownCode(number, text, number);
}

function codeNumber(value: JsonValue): number {
  const code = isDecimal(value) ? integerOf(value) : null;
  if (code === null || code < 0 || code > 0xffff_ffff) throw malformed('a code number out of bounds');
  return code;
}

function named(refid: string): { code: string; mdc: number | null } {
  const term = termOfRefid(refid);
  return term === null ? { code: refid, mdc: null } : { code: term.refid, mdc: term.mdc };
}

/** Number and name together: where the table knows either, they must belong to each other. */
function knownCode(code: number, refid: string | null, extra: number | null): { code: string; mdc: number | null } {
  if (extra !== null && extra !== code) throw malformed('two code numbers that disagree');
  const byCode = termOfCode(code);
  const byName = refid === null ? null : termOfRefid(refid);
  if (refid !== null && byCode !== byName) throw malformed('code number and reference id disagree');
  const term: Term | null = byCode;
  if (term !== null) return { code: term.refid, mdc: term.mdc };
  return { code: refid ?? String(code), mdc: null };
}

function readValue(item: JsonObject): Value {
  if (item.has('period_ms') || item.has('scale')) throw malformed('period or scale without samples');
  const value = item.get('value');
  if (isDecimal(value)) return { kind: 'decimal', mantissa: value.mantissa, exponent: value.exponent };
  if (typeof value === 'boolean') return { kind: 'flag', flag: value };
  if (typeof value !== 'string') throw malformed('a reading without a value');
  if (SPECIALS.has(value)) return { kind: 'special', special: value as 'NaN' | 'NRes' | '+INF' | '-INF' };
  return { kind: 'text', text: boundedText(value, BOUNDS.text) };
}

/** A block of samples: raw integers, `scale` (1 where absent) in `unit`, `period_ms` apart (kept to the microsecond). */
function samplesOf(item: JsonObject): Value {
  const raw = item.get('samples');
  const period = item.get('period_ms');
  const scale = item.get('scale') ?? ONE;
  if (item.has('value')) throw malformed('a reading with value and samples');
  if (!Array.isArray(raw) || raw.length === 0) throw malformed('no samples');
  if (raw.length > BOUNDS.samples) throw badValue('too many samples');
  if (!isDecimal(period) || !isDecimal(scale)) throw malformed('period or scale is not a number');
  const samples = new Int32Array(raw.length);
  for (let i = 0; i < raw.length; i++) {
    const sample = raw[i];
    const integer = isDecimal(sample) ? integerOf(sample) : null;
    if (integer === null || integer !== (integer | 0)) throw badValue('a sample is not a 32-bit integer');
    samples[i] = integer;
  }
  const periodUs = Math.round(Number(period.mantissa) * 10 ** (period.exponent + 3));
  if (!(periodUs >= 1 && periodUs <= BOUNDS.periodUs)) throw badValue('period out of bounds');
  return { kind: 'samples', periodUs, scale: { mantissa: scale.mantissa, exponent: scale.exponent }, samples };
}

/** A number without a unit means nothing: mg/dL or mmol/L cannot be told apart later. Texts and flags may have none. */
function unitOf(item: JsonObject, value: Value): string {
  const unit = item.get('unit') ?? '';
  if (typeof unit !== 'string') throw malformed('unit is not a text');
  if (unit === '' && (value.kind === 'decimal' || value.kind === 'samples')) throw malformed('a number without a unit');
  return unit === '' ? unit : boundedText(unit, BOUNDS.unit);
}
