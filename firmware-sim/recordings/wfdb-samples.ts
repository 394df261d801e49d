// The samples of a WFDB signal file (signal(5) of the WFDB Applications Guide) in formats 16, 80 and 212, taken apart into
// signals, and checked against the checksums of the header.
import { RecordingInvalid } from './recording.ts';
import type { WfdbSignal } from './wfdb-header.ts';

/** Stands for "no sample here" in every format. */
export const MISSING = -0x8000_0000;

interface Coding {
  /** Whole samples that `bytes` bytes hold. */
  fit: (bytes: number) => number;
  sample: (bytes: Uint8Array, index: number) => number;
  missing: number;
}

const CODINGS: Record<WfdbSignal['format'], Coding> = {
  16: {
    fit: (bytes) => Math.floor(bytes / 2),
    sample: (bytes, i) => (((bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8)) << 16) >> 16,
    missing: -32768,
  },
  80: { fit: (bytes) => bytes, sample: (bytes, i) => (bytes[i] ?? 0) - 128, missing: -128 },
  // Two 12-bit samples in three bytes; a last single one takes two.
  212: {
    fit: (bytes) => Math.floor((bytes * 2) / 3),
    sample: (bytes, i) => {
      const at = 3 * (i >> 1);
      const middle = bytes[at + 1] ?? 0;
      const low = i % 2 === 0 ? (bytes[at] ?? 0) : (bytes[at + 2] ?? 0);
      const high = i % 2 === 0 ? middle & 0x0f : middle >> 4;
      return ((low | (high << 8)) << 20) >> 20;
    },
    missing: -2048,
  },
};

/**
 * The signals of one file, each with its raw samples; missing ones are `MISSING`. `frames` bounds what is read.
 * Throws `RecordingInvalid`: file too short, or a checksum that disagrees.
 */
export function readWfdbSignals(
  bytes: Uint8Array,
  signals: readonly WfdbSignal[],
  frames: number | null,
): Int32Array[] {
  const [first] = signals;
  if (!first) return [];
  if (signals.some(({ format, offset }) => format !== first.format || offset !== first.offset)) {
    throw new RecordingInvalid(`${first.file}: signals of one file must share format and offset`);
  }
  const coding = CODINGS[first.format];
  const data = bytes.subarray(first.offset);
  const perFrame = signals.reduce((sum, signal) => sum + signal.perFrame, 0);
  const there = Math.floor(coding.fit(data.length) / perFrame);
  if (frames !== null && there < frames) {
    throw new RecordingInvalid(`${first.file}: ${there} of ${frames} frames are there`);
  }
  const count = frames ?? there;
  const out = signals.map((signal) => new Int32Array(count * signal.perFrame));
  let at = 0;
  for (let frame = 0; frame < count; frame++) {
    for (let s = 0; s < signals.length; s++) {
      const width = signals[s]?.perFrame ?? 0;
      const into = out[s] as Int32Array;
      for (let k = 0; k < width; k++) into[frame * width + k] = coding.sample(data, at++);
    }
  }
  signals.forEach((signal, s) => {
    checkSum(signal, out[s] as Int32Array);
  });
  return signals.map((signal, s) => finish(signal, out[s] as Int32Array, coding.missing));
}

function checkSum({ file, description, checksum }: WfdbSignal, samples: Int32Array): void {
  if (checksum === null) return;
  let sum = 0;
  for (const sample of samples) sum = (sum + sample) & 0xffff;
  if ((sum << 16) >> 16 !== (checksum << 16) >> 16) {
    throw new RecordingInvalid(`${file}: the samples of ${description || 'a signal'} do not match their checksum`);
  }
}

/** Marks missing samples, and moves a signal that was recorded late back to its place. */
function finish({ skew, perFrame }: WfdbSignal, samples: Int32Array, missing: number): Int32Array {
  const shift = skew * perFrame;
  const out = new Int32Array(samples.length).fill(MISSING);
  for (let i = 0; i + shift < samples.length; i++) {
    const sample = samples[i + shift] as number;
    out[i] = sample === missing ? MISSING : sample;
  }
  return out;
}
