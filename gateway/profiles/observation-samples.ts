// Waveforms in health observations. A value is scale × sample + offset, while a block of ours has no offset: the offset
// goes into the samples, exactly, on a scale that both fit. Several samples a period are several quantities (x, y, z).
// Where samples cannot say it exactly (256 Hz is no whole number of microseconds), nothing is rounded: the octets stay as
// they came, and beside them stands what they mean. A finer unit of the period would be another format of readings.
import { type CborValue, type Decimal, MAX_PERIOD_US, type Value, VitalsealError } from '@vitalseal/ledger';
import type { Fact } from './decoded.ts';
import { readFloat } from './float.ts';
import type { Packet } from './packet.ts';
import { integerOf } from './typed-value.ts';
import { valueText } from './value-text.ts';

export interface SampleBlock {
  readonly value: Value;
  /** Which quantity, where there are several: `1/3`. */
  readonly sourceName: string | null;
  /** What the octets of the value mean, where it is no samples: of all quantities. */
  readonly sampling: ReadonlyMap<string, CborValue> | null;
}

export interface SampleBlocks {
  /** Term of partition 4. */
  readonly unit: number;
  readonly blocks: readonly SampleBlock[];
  readonly facts: { readonly [name: string]: Fact };
}

/** Widths of a sample that a block can hold; samples are unsigned, as their offset says where zero lies. */
const WIDEST = 4;
const INT32_MAX = 2n ** 31n - 1n;
const INT32_MIN = -(2n ** 31n);

/** Throws `characteristic_truncated`, `characteristic_reserved`, and `characteristic_malformed` for what is no waveform. */
export function sampleReadings(packet: Packet): SampleBlocks {
  const unit = packet.uint16();
  const scaleFactor = readFloat(packet);
  const offset = readFloat(packet);
  const samplePeriod = readFloat(packet);
  const samplesPerPeriod = packet.uint8();
  const bytesPerSample = packet.uint8();
  const numberOfSamples = packet.uint32();
  if (bytesPerSample === 0 || samplesPerPeriod === 0 || numberOfSamples % samplesPerPeriod !== 0) {
    throw new VitalsealError('characteristic_malformed', 'samples that do not fill their periods');
  }
  // A length that cannot be is refused before anything is made of it.
  if (numberOfSamples * bytesPerSample > packet.left) throw new VitalsealError('characteristic_truncated');
  const raw = packet.take(numberOfSamples * bytesPerSample);
  const facts = {
    scaleFactor: valueText(scaleFactor),
    offset: valueText(offset),
    samplePeriod: valueText(samplePeriod),
    samplesPerPeriod,
    bytesPerSample,
    numberOfSamples,
  };
  const periodUs = microseconds(samplePeriod);
  const values = Array.from({ length: numberOfSamples === 0 ? 0 : samplesPerPeriod }, (_, nth) =>
    block(everyNth(raw, bytesPerSample, nth, samplesPerPeriod), scaleFactor, offset, periodUs),
  );
  if (!values.every((value) => value !== null)) {
    const { scaleFactor: scale, samplePeriod: period, ...rest } = facts;
    const sampling = new Map(Object.entries({ scale, period, ...rest }));
    return { unit, blocks: [{ value: { kind: 'bytes', bytes: raw.slice() }, sourceName: null, sampling }], facts };
  }
  const blocks = values.map((value, nth) => ({
    value,
    sourceName: samplesPerPeriod === 1 ? null : `${nth + 1}/${samplesPerPeriod}`,
    sampling: null,
  }));
  return { unit, blocks, facts };
}

function everyNth(raw: Uint8Array, width: number, first: number, step: number): Uint8Array[] {
  const samples: Uint8Array[] = [];
  for (let at = first * width; at < raw.length; at += step * width) samples.push(raw.subarray(at, at + width));
  return samples;
}

/** Null where the waveform cannot be said exactly in 32-bit samples: its bytes are kept then. */
function block(samples: readonly Uint8Array[], factor: Value, offset: Value, periodUs: number | null): Value | null {
  if (factor.kind !== 'decimal' || offset.kind !== 'decimal' || periodUs === null) return null;
  if ((samples[0]?.length ?? 0) > WIDEST || factor.mantissa === 0) return null;
  const common = commonScale(factor, offset);
  if (common === null) return null;
  const values = new Int32Array(samples.length);
  for (const [i, sample] of samples.entries()) {
    const value = BigInt(integerOf(sample, false)?.mantissa ?? 0) * common.factor + common.offset;
    if (value > INT32_MAX || value < INT32_MIN) return null;
    values[i] = Number(value);
  }
  return { kind: 'samples', periodUs, scale: common.scale, samples: values };
}

interface CommonScale {
  readonly scale: Decimal;
  readonly factor: bigint;
  readonly offset: bigint;
}

/** value = (factor × sample + offset) × scale, in integers. */
function commonScale(factor: Decimal, offset: Decimal): CommonScale | null {
  const plain = { mantissa: factor.mantissa, exponent: factor.exponent };
  if (offset.mantissa === 0) return { scale: plain, factor: 1n, offset: 0n };
  const exponent = Math.min(factor.exponent, offset.exponent);
  if (Math.max(factor.exponent, offset.exponent) - exponent > 9) return null;
  const scaled = ({ mantissa, exponent: e }: Decimal) => BigInt(mantissa) * 10n ** BigInt(e - exponent);
  return { scale: { mantissa: 1, exponent }, factor: scaled(factor), offset: scaled(offset) };
}

/** Seconds as whole microseconds; null when they are none, or more than an hour. */
function microseconds(seconds: Value): number | null {
  if (seconds.kind !== 'decimal') return null;
  const { mantissa, exponent } = seconds;
  if (exponent < -20 || exponent > 10 || typeof mantissa === 'bigint') return null;
  const micros = exponent >= -6 ? mantissa * 10 ** (exponent + 6) : mantissa / 10 ** (-6 - exponent);
  return Number.isInteger(micros) && micros >= 1 && micros <= MAX_PERIOD_US ? micros : null;
}
