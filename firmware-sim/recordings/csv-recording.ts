// A CSV file as messages. Three layouts are recognised: rows with a time column; Empatica's (start, frequency, then one
// sample a line); and plain columns of samples, for which the caller says how often they were taken.
import { type Decimal, type Emission, parseDecimalText, type SimReading } from '../reading.ts';
import { parseCsv } from './csv.ts';
import { type Recording, RecordingInvalid } from './recording.ts';

export interface CsvOptions {
  /** Samples a second of a file without times (default 100). */
  hertz?: number;
  /** What a number in a time column counts: seconds (default) or milliseconds. */
  timeUnit?: 's' | 'ms';
  /** Column name → code and unit, where the column's own name and "(unit)" will not do. */
  columns?: Readonly<Record<string, { code: string; unit: string }>>;
}

interface Column {
  index: number;
  code: string;
  unit: string;
}

const TIME = /time|date|^ts$/i;
const EPOCH_FROM = 1e8;

/** Throws `RecordingInvalid`. `name` names the columns of a file without a header. */
export function openCsv(text: string, name: string, options: CsvOptions = {}): Recording {
  const rows = parseCsv(text);
  const empatica = empaticaFrequency(rows);
  if (empatica !== null) return sampled(name, rows.slice(2), headerless(rows, name, options), empatica);
  const start = rows.findIndex((row) => row.some((cell) => parseDecimalText(cell) !== null || isoTime(cell) !== null));
  const header = rows[start - 1];
  if (start === -1) throw new RecordingInvalid('CSV: no row holds a number');
  if (!header) return sampled(name, rows, headerless(rows, name, options), options.hertz ?? 100);
  const timeAt = header.findIndex((title) => TIME.test(title));
  const columns = header.flatMap((title, index) => (index === timeAt ? [] : [column(title, index, options)]));
  if (timeAt === -1) return sampled(name, rows.slice(start), columns, options.hertz ?? 100);
  return timed(name, rows.slice(start), timeAt, columns, options.timeUnit === 'ms' ? 1 : 1000);
}

/** "Glucose Reading (mg/dL)" says its unit; a number without one gets the unit 1. */
function column(title: string, index: number, { columns }: CsvOptions): Column {
  const given = columns?.[title];
  const named = /^(.*?)\s*\(([^()]+)\)$/.exec(title);
  return {
    index,
    code: given?.code ?? (named?.[1] || title || `COLUMN_${index + 1}`),
    unit: given?.unit ?? named?.[2] ?? '1',
  };
}

function headerless(rows: string[][], name: string, options: CsvOptions): Column[] {
  const width = rows[0]?.length ?? 0;
  return Array.from({ length: width }, (_, i) => column(width === 1 ? name : `${name}_${i + 1}`, i, options));
}

/** First line the start (Unix time), second the frequency, each repeated for every column. */
function empaticaFrequency(rows: string[][]): number | null {
  const same = (row: string[] | undefined) => (row?.every((cell) => cell === row[0]) ? Number(row[0]) : Number.NaN);
  const frequency = same(rows[1]);
  return same(rows[0]) > EPOCH_FROM && frequency > 0 && frequency <= 10_000 ? frequency : null;
}

/** A row is a message; cells that are empty, or text, are left out. */
function timed(name: string, rows: string[][], timeAt: number, columns: Column[], unitMs: number): Recording {
  const timeOf = (row: string[]) => {
    const cell = row[timeAt] ?? '';
    const number = parseDecimalText(cell);
    return number ? Number(cell) * unitMs : isoTime(cell);
  };
  const times = rows.map(timeOf);
  const known = times.filter((time) => time !== null);
  if (known.length === 0) throw new RecordingInvalid('CSV: its time column holds no times');
  const first = known.reduce((least, time) => Math.min(least, time));
  const order = rows.map((_, i) => i).filter((i) => times[i] !== null);
  order.sort((a, b) => (times[a] as number) - (times[b] as number));
  return {
    summary: `${name}: ${order.length} rows of ${columns.map(({ code }) => code).join(', ')}`,
    emissions: order.flatMap((i): Emission[] => {
      const readings = columns.flatMap(({ index, code, unit }): SimReading[] => {
        const decimal = parseDecimalText(rows[i]?.[index] ?? '');
        return decimal ? [{ code, unit, value: { kind: 'decimal', ...decimal } }] : [];
      });
      return readings.length > 0 ? [{ atMs: (times[i] as number) - first, readings, alarm: false }] : [];
    }),
  };
}

/** Columns of samples taken `hertz` times a second: a block of each in every message of a second. */
function sampled(name: string, rows: string[][], columns: Column[], hertz: number): Recording {
  if (!(hertz > 0 && hertz <= 100_000)) throw new RecordingInvalid('CSV: the sampling frequency must be positive');
  const perMessage = Math.max(1, Math.round(hertz));
  const series = columns.map(({ index }) => scaled(rows.map((row) => row[index] ?? '')));
  const emissions: Emission[] = [];
  for (let from = 0; from < rows.length; from += perMessage) {
    const readings = columns.flatMap(({ code, unit }, c): SimReading[] => {
      const { steps, scale } = series[c] as { steps: (number | null)[]; scale: Decimal };
      const there = steps.slice(from, from + perMessage).filter((step) => step !== null);
      const samples = Int32Array.from(there);
      return there.length > 0
        ? [{ code, unit, value: { kind: 'samples', periodUs: Math.round(1e6 / hertz), scale, samples } }]
        : [];
    });
    if (readings.length > 0) emissions.push({ atMs: (from * 1000) / hertz, readings, alarm: false });
  }
  if (emissions.length === 0) throw new RecordingInvalid('CSV: no row holds a number');
  return {
    summary: `${name}: ${rows.length} samples at ${hertz} Hz of ${columns.map(({ code }) => code).join(', ')}`,
    emissions,
  };
}

/** A column as integers over one common decimal place. */
function scaled(cells: string[]): { steps: (number | null)[]; scale: Decimal } {
  const decimals = cells.map(parseDecimalText);
  const exponent = decimals.reduce((least, decimal) => Math.min(least, decimal?.exponent ?? 0), 0);
  const steps = decimals.map((decimal) => {
    if (decimal === null) return null;
    const step = decimal.mantissa * 10 ** (decimal.exponent - exponent);
    if (step !== (step | 0)) throw new RecordingInvalid('CSV: a sample needs more than 32 bits');
    return step;
  });
  return { steps, scale: { mantissa: 1, exponent } };
}

/** Unix time in ms of an ISO 8601 date and time, also with a space or two in the middle; without a zone it is UTC. */
function isoTime(cell: string): number | null {
  if (!/^\d{4}-\d\d-\d\d([T ]+\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(cell)) return null;
  const ms = Date.parse(
    `${cell.replace(/ +/, 'T')}${/(Z|[+-]\d\d:?\d\d)$/.test(cell) || cell.length === 10 ? '' : 'Z'}`,
  );
  return Number.isNaN(ms) ? null : ms;
}
