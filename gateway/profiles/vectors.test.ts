// Vectors of other projects' unit tests and captures of real devices, each field of each compared.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isVitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { type Described, type DescribedReading, describeCharacteristic } from './described.ts';

interface Vector {
  readonly characteristic: string;
  readonly hex: string;
  readonly valid: boolean;
  readonly expected: Readonly<Record<string, unknown>> | null;
}

const shared = process.env.VITALSEAL_SHARED ?? join(import.meta.dirname, '../../../shared');
const file = join(shared, 'data/gatt-vectors.json');
if (!existsSync(file)) console.log('skipped: the vectors of characteristics are not here (VITALSEAL_SHARED)');
const vectors: readonly Vector[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];

/** A request is what a collector writes. The vector's source reads answers alone; here both are decoded. */
const DELIBERATE: ReadonlySet<string> = new Set(['2A52 0101']);

const SPECIALS: Readonly<Record<string, string>> = { '+INFINITY': '+INF', '-INFINITY': '-INF' };
const UNITS: Readonly<Record<string, string>> = { C: 'Cel', mmHg: 'mm[Hg]' };

type Field = (described: Described) => unknown;

const reading =
  (code: RegExp): Field =>
  ({ readings }) =>
    numberOf(readings.find((one) => code.test(one.code ?? '')));
const fact =
  (name: string): Field =>
  ({ context }) =>
    context[name] ?? null;

function numberOf(found: DescribedReading | undefined): unknown {
  if (found === undefined) return null;
  return Number.isNaN(Number(found.value)) ? found.value : Number(found.value);
}

/** Where the answer has what a vector calls so. */
const FIELDS: Readonly<Record<string, Field>> = {
  sequence: fact('sequenceNumber'),
  baseTime: fact('baseTime'),
  timeOffset_min: fact('timeOffset'),
  concentration: reading(/^MDC_CONC_GLU/),
  mmol_L: ({ readings }) => Number(`${readings[0]?.value}e3`),
  unit: ({ readings }) => readings[0]?.unit,
  type: fact('type'),
  location: fact('sampleLocation'),
  status: fact('status'),
  contextFollows: fact('contextFollows'),
  level: reading(/^MDC_ATTR_VAL_BATT_CHARGE$/),
  temperature: reading(/^MDC_TEMP_BODY$/),
  timestamp: (described) => described.context.timestamp ?? described.context.time,
  dayOfWeek: fact('dayOfWeek'),
  fractions256: fact('fractions256'),
  adjustReason: fact('adjustReason'),
  systolic: reading(/_SYS$/),
  diastolic: reading(/_DIA$/),
  map: reading(/_MEAN$/),
  cuffPressure: reading(/^cuffPressure$/),
  pulseRate: reading(/PULS_RATE/),
  userId: fact('userId'),
  heartRate: reading(/^MDC_HF_HR$/),
  contact: fact('sensorContact'),
  energyExpended_kJ: reading(/^MDC_HF_ENERGY$/),
  rr_1024: fact('rrIntervals'),
  rr_ms: ({ readings }) => readings.filter(({ code }) => code === 'MDC_ECG_TIME_PD_RR_GL').map(numberOf),
  opCode: fact('opCode'),
  operator: fact('operator'),
  requestOpCode: fact('requestOpCode'),
  response: fact('responseCode'),
  numberOfRecords: fact('numberOfRecords'),
  spo2: reading(/SAT_O2$/),
  glucose_mgdL: reading(/^MDC_CONC_GLU_ISF$/),
  calTemp: fact('calTemp'),
  warning: fact('warning'),
  trend: reading(/^glucoseTrend$/),
  quality: reading(/^glucoseQuality$/),
  crc: fact('crc'),
  features: fact('features'),
  sessionRunTime_h: fact('sessionRunTime'),
  value: ({ readings }) => numberOf(readings[0]),
};

function expectedOf(name: string, value: unknown): unknown {
  if (name === 'crc' && value === 'not-supported (0xFFFF)') return 0xffff;
  if (name === 'unit') return UNITS[String(value)] ?? value;
  return typeof value === 'string' ? (SPECIALS[value] ?? value) : value;
}

/** The n-th record of a packet, as if it were a packet with one. */
function recordOf(described: Described, nth: number): Described {
  const { records } = described.context;
  if (!Array.isArray(records)) return described;
  const readings = described.readings.filter(({ record }) => record === nth);
  return { ...described, readings, context: records[nth] as Described['context'] };
}

/** How many fields were compared. */
function compare(described: Described, expected: Readonly<Record<string, unknown>>): number {
  let compared = 0;
  for (const [name, value] of Object.entries(expected)) {
    if (name === 'records') {
      const records = value as readonly Record<string, unknown>[];
      for (const [nth, record] of records.entries()) compared += compare(recordOf(described, nth), record);
      continue;
    }
    const field = FIELDS[name];
    if (field === undefined) throw new Error(`no field ${name}`);
    expect([name, field(described)]).toEqual([name, expectedOf(name, value)]);
    compared++;
  }
  return compared;
}

function fieldsOf(expected: Readonly<Record<string, unknown>>): number {
  const { records, ...fields } = expected;
  const inner = (records ?? []) as readonly Record<string, unknown>[];
  return inner.reduce((sum, record) => sum + fieldsOf(record), Object.keys(fields).length);
}

function attempt(vector: Vector): Described | string {
  try {
    return describeCharacteristic(vector.characteristic, new Uint8Array(Buffer.from(vector.hex, 'hex')));
  } catch (error) {
    if (isVitalsealError(error)) return error.code;
    throw error;
  }
}

describe.skipIf(vectors.length === 0)("others' vectors", () => {
  it.each(vectors.filter(({ valid }) => valid))('$characteristic $hex', (vector) => {
    const described = attempt(vector);
    if (typeof described === 'string') expect.fail(described);
    const { expected } = vector;
    if (expected === null) expect.fail('a valid vector says what it is');
    expect(compare(described, expected)).toBe(fieldsOf(expected));
  });

  it.each(vectors.filter(({ valid }) => !valid))('$characteristic $hex is refused', (vector) => {
    const outcome = attempt(vector);
    const text = `${vector.characteristic} ${vector.hex}`;
    if (DELIBERATE.has(text)) expect(outcome).toBeTypeOf('object');
    else expect(outcome).toMatch(/^characteristic_(truncated|malformed|crc)$/);
  });

  it('are all of the file', () => expect(vectors.length).toBeGreaterThanOrEqual(71));
});
