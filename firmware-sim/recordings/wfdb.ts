// A WFDB record as messages: each second one message with a block of samples per signal, as a monitor would send it.
// Runs of missing samples leave gaps: nothing is made up.
import type { Decimal, Emission, SimReading } from '../reading.ts';
import { parseDecimalText } from '../reading.ts';
import { type Recording, RecordingInvalid } from './recording.ts';
import { parseWfdbHeader, type WfdbHeader, type WfdbSignal } from './wfdb-header.ts';
import { MISSING, readWfdbSignals } from './wfdb-samples.ts';

/** Signal name in the header → reference id. Leads are potentials; the rest by common abbreviation. */
const CODES: Readonly<Record<string, string>> = {
  I: 'MDC_ECG_ELEC_POTL_I',
  II: 'MDC_ECG_ELEC_POTL_II',
  MLII: 'MDC_ECG_ELEC_POTL_II',
  III: 'MDC_ECG_ELEC_POTL_III',
  PLETH: 'MDC_PULS_OXIM_PLETH',
};

/** WFDB unit → UCUM. NU is "no unit". */
const UNITS: Readonly<Record<string, string>> = { NU: '1', mmHg: 'mm[Hg]', bpm: '/min', degC: 'Cel', pm: '/min' };

/** `read` gives the bytes of a file beside the header. Throws `RecordingInvalid`. */
export function openWfdb(headerText: string, read: (file: string) => Uint8Array): Recording {
  const header = parseWfdbHeader(headerText);
  const samples = new Map<WfdbSignal, Int32Array>();
  for (const file of new Set(header.signals.map((signal) => signal.file))) {
    const signals = header.signals.filter((signal) => signal.file === file);
    readWfdbSignals(read(file), signals, header.frames).forEach((values, i) => {
      samples.set(signals[i] as WfdbSignal, values);
    });
  }
  const seconds = Math.max(
    ...[...samples].map(([{ perFrame }, values]) => values.length / perFrame / header.frequency),
  );
  const names = header.signals.map(({ description, file }) => description || file).join(', ');
  return {
    summary: `WFDB record ${header.name}: ${names}; ${seconds.toFixed(0)} s at ${header.frequency} Hz`,
    emissions: emissions(header, samples),
  };
}

function* emissions(header: WfdbHeader, samples: ReadonlyMap<WfdbSignal, Int32Array>): Generator<Emission> {
  for (let second = 0; ; second++) {
    const readings: SimReading[] = [];
    let more = false;
    for (const [signal, values] of samples) {
      const frequency = header.frequency * signal.perFrame;
      const start = Math.ceil(second * frequency);
      const end = Math.min(values.length, Math.ceil((second + 1) * frequency));
      more ||= end < values.length;
      readings.push(...blocks(signal, values.subarray(start, end), frequency));
    }
    if (readings.length > 0) yield { atMs: second * 1000, readings, alarm: false };
    if (!more) return;
  }
}

/** One block per run of samples that are there. */
function blocks(signal: WfdbSignal, values: Int32Array, frequency: number): SimReading[] {
  const readings: SimReading[] = [];
  for (let from = 0; from < values.length; ) {
    if (values[from] === MISSING) {
      from++;
      continue;
    }
    let to = from + 1;
    while (to < values.length && values[to] !== MISSING) to++;
    const periodUs = Math.round(1e6 / frequency);
    readings.push({
      code: CODES[signal.description] ?? (signal.description || 'SIGNAL'),
      unit: UNITS[signal.unit] ?? signal.unit,
      offsetMs: Math.round((from * 1000) / frequency),
      value: {
        kind: 'samples',
        periodUs,
        scale: unitsPerStep(signal.gain),
        samples: values.slice(from, to).map((value) => value - signal.baseline),
      },
    });
    from = to;
  }
  return readings;
}

/** 1/gain as a decimal: exact for gains such as 200, else to 12 digits, far below a step. */
function unitsPerStep(gain: number): Decimal {
  const [mantissa = '', exponent = '0'] = (1 / gain).toExponential(11).split('e');
  const scale = parseDecimalText(mantissa.replace(/\.?0+$/, ''));
  if (!scale) throw new RecordingInvalid('WFDB header: gain out of range');
  return { mantissa: scale.mantissa, exponent: scale.exponent + Number(exponent) };
}
