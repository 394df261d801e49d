// The samples of a waveform as zigzag LEB128 differences, the first from zero: one byte a sample for most signals.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Differences of 32-bit samples; `previous` is what the first is taken from. */
export function writeSamples(out: ByteWriter, samples: Int32Array, previous = 0): void {
  out.reserve(samples.length * 5 + 8);
  const { bytes } = out;
  let at = out.at;
  let last = previous;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] as number;
    const delta = sample - last;
    last = sample;
    if (delta < 64 && delta >= -64) {
      bytes[at++] = delta < 0 ? -2 * delta - 1 : 2 * delta;
      continue;
    }
    out.at = at;
    out.signed(delta);
    at = out.at;
  }
  out.at = at;
}

/** `count` samples. The reader's code is thrown when there are fewer bytes than samples, or one is beyond 32 bits. */
export function readSamples(from: ByteReader, count: number, previous = 0): Int32Array {
  if (count > from.left) from.fail('cut short');
  const samples = new Int32Array(count);
  let last = previous;
  for (let i = 0; i < count; i++) {
    last += from.signed();
    if (last !== (last | 0)) from.fail('a sample beyond 32 bits');
    samples[i] = last;
  }
  return samples;
}
