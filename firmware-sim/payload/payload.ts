// The three payload formats that a simulated device can speak, and the topic that goes with each.
import { decimalText, type Emission, type SimReading } from '../reading.ts';
import { type Pack, senmlCbor, senmlJson } from './senml.ts';

/** Format → last part of the topic `vitalseal/DEVICE/…`. */
const TOPICS = { json: 'json', senml: 'senml', 'senml-cbor': 'senml-cbor' } as const;

export type Format = keyof typeof TOPICS;
export const FORMATS = Object.keys(TOPICS) as Format[];

export function topicOf(device: string, format: Format): string {
  return `vitalseal/${device}/${TOPICS[format]}`;
}

/** The message of `device` at `timeMs` (Unix time by the device's own clock). */
export function encodePayload(format: Format, device: string, timeMs: number, emission: Emission): Pack {
  if (format === 'senml') return senmlJson(device, timeMs, emission.readings);
  if (format === 'senml-cbor') return senmlCbor(device, timeMs, emission.readings);
  return ownJson(timeMs, emission);
}

function ownJson(timeMs: number, { readings, alarm }: Emission): Pack {
  const text = `{"time":"${new Date(timeMs).toISOString()}","readings":[${readings
    .map((reading) => ownReading(reading, timeMs))
    .join(',')}]${alarm ? ',"alarm":true' : ''}}`;
  return { bytes: new TextEncoder().encode(text), readings: readings.length };
}

function ownReading({ code, unit, value, offsetMs }: SimReading, timeMs: number): string {
  const parts = [`"code":${JSON.stringify(code)}`];
  if (value.kind === 'decimal') parts.push(`"value":${decimalText(value)}`);
  if (value.kind === 'text') parts.push(`"value":${JSON.stringify(value.text)}`);
  if (unit !== '') parts.push(`"unit":${JSON.stringify(unit)}`);
  if (value.kind === 'samples') {
    const period = decimalText({ mantissa: value.periodUs, exponent: -3 });
    parts.push(
      `"period_ms":${period}`,
      `"scale":${decimalText(value.scale)}`,
      `"samples":[${value.samples.join(',')}]`,
    );
  }
  if (offsetMs) parts.push(`"time":"${new Date(timeMs + offsetMs).toISOString()}"`);
  return `{${parts.join(',')}}`;
}
