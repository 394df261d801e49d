// The header of a WFDB record (header(5) of PhysioNet's WFDB Applications Guide): one line for the record, one for each
// signal. Comments are skipped; a multi-segment record is refused, since its parts are records of their own.
import { RecordingInvalid } from './recording.ts';

export interface WfdbSignal {
  file: string;
  format: 16 | 80 | 212;
  /** Samples of this signal in one frame. */
  perFrame: number;
  /** Frames by which the signal is recorded late. */
  skew: number;
  /** Bytes before the first sample of the file. */
  offset: number;
  /** Steps per unit. */
  gain: number;
  /** The step that means 0. */
  baseline: number;
  unit: string;
  initial: number | null;
  /** Sum of all samples, as a signed 16-bit number. */
  checksum: number | null;
  description: string;
}

export interface WfdbHeader {
  name: string;
  /** Frames per second. */
  frequency: number;
  /** Null when the header leaves it open. */
  frames: number | null;
  signals: WfdbSignal[];
}

const DEFAULT_FREQUENCY = 250;
const DEFAULT_GAIN = 200;
const MAX_SIGNALS = 256;

/** Throws `RecordingInvalid`. */
export function parseWfdbHeader(text: string): WfdbHeader {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const [record = '', ...rest] = lines;
  const [name = '', count = '', frequency, frames] = record.trim().split(/\s+/);
  if (name.includes('/')) throw new RecordingInvalid('multi-segment WFDB records are replayed segment by segment');
  const signals = number(count, 'number of signals');
  if (!Number.isInteger(signals) || signals < 1 || signals > MAX_SIGNALS || rest.length < signals) {
    throw new RecordingInvalid(`WFDB header: ${count} signals announced, ${rest.length} lines follow`);
  }
  return {
    name,
    // "360/counter(base)": only the sampling frequency matters here.
    frequency: frequency === undefined ? DEFAULT_FREQUENCY : positive(frequency.split('/')[0] ?? '', 'frequency'),
    frames: frames === undefined || frames === '0' ? null : whole(frames, 'number of samples'),
    signals: rest.slice(0, signals).map(parseSignal),
  };
}

function parseSignal(line: string): WfdbSignal {
  const [file = '', formatField = '', gainField = '', , zero, initial, checksum, , ...description] = line
    .trim()
    .split(/\s+/);
  const format = /^(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?$/.exec(formatField);
  const gain = /^([\d.eE+-]+)?(?:\((-?\d+)\))?(?:\/(\S+))?$/.exec(gainField);
  if (!format || !gain) throw new RecordingInvalid(`WFDB header: cannot read the signal line of ${file}`);
  const code = Number(format[1]);
  if (code !== 16 && code !== 80 && code !== 212) {
    throw new RecordingInvalid(`WFDB format ${code}: only 16, 80 and 212 are known`);
  }
  if (/[/\\]|^\.\.?$/.test(file)) throw new RecordingInvalid('WFDB header: a signal file must lie beside its header');
  return {
    file,
    format: code,
    perFrame: whole(format[2] ?? '1', 'samples per frame'),
    skew: Number(format[3] ?? 0),
    offset: Number(format[4] ?? 0),
    gain: Number(gain[1] ?? 0) || DEFAULT_GAIN,
    baseline: Number(gain[2] ?? zero ?? 0),
    unit: gain[3] ?? 'mV',
    initial: initial === undefined ? null : number(initial, 'initial value'),
    checksum: checksum === undefined ? null : number(checksum, 'checksum'),
    description: description.join(' '),
  };
}

function number(text: string, what: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw new RecordingInvalid(`WFDB header: ${what} is not a number`);
  return value;
}

function positive(text: string, what: string): number {
  const value = number(text, what);
  if (value <= 0) throw new RecordingInvalid(`WFDB header: ${what} is not positive`);
  return value;
}

function whole(text: string, what: string): number {
  const value = positive(text, what);
  if (!Number.isSafeInteger(value)) throw new RecordingInvalid(`WFDB header: ${what} is no whole number`);
  return value;
}
