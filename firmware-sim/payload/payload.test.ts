import { decode } from 'cborg';
import { describe, expect, it } from 'vitest';
import type { Emission } from '../reading.ts';
import { encodeCbor } from './cbor.ts';
import { encodePayload, topicOf } from './payload.ts';

const EMISSION: Emission = {
  atMs: 0,
  alarm: true,
  readings: [
    { code: 'MDC_ECG_HEART_RATE', unit: '/min', value: { kind: 'decimal', mantissa: 72, exponent: 0 } },
    { code: 'MDC_TEMP_BODY', unit: 'Cel', value: { kind: 'decimal', mantissa: 368, exponent: -1 }, offsetMs: 500 },
    {
      code: 'MDC_ECG_ELEC_POTL_II',
      unit: 'mV',
      value: { kind: 'samples', periodUs: 4000, scale: { mantissa: 5, exponent: -3 }, samples: Int32Array.of(3, -5) },
    },
    { code: 'MDC_PUMP_STAT', unit: '', value: { kind: 'text', text: 'infusing' } },
  ],
};
const TIME = Date.UTC(2026, 10, 20, 10, 0, 0, 250);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('payloads', () => {
  it('in our own JSON', () => {
    const { bytes, readings } = encodePayload('json', 'monitor-1', TIME, EMISSION);
    expect(text(bytes)).toBe(
      '{"time":"2026-11-20T10:00:00.250Z","readings":[{"code":"MDC_ECG_HEART_RATE","value":72,"unit":"/min"},' +
        '{"code":"MDC_TEMP_BODY","value":36.8,"unit":"Cel","time":"2026-11-20T10:00:00.750Z"},' +
        '{"code":"MDC_ECG_ELEC_POTL_II","unit":"mV","period_ms":4.000,"scale":0.005,"samples":[3,-5]},' +
        '{"code":"MDC_PUMP_STAT","value":"infusing"}],"alarm":true}',
    );
    expect(readings).toBe(4);
  });

  it('in SenML JSON: one record per sample', () => {
    const { bytes, readings } = encodePayload('senml', 'monitor-1', TIME, EMISSION);
    expect(JSON.parse(text(bytes))).toEqual([
      { bn: 'monitor-1:', bt: 1763632800.25 + 31536000, n: 'MDC_ECG_HEART_RATE', u: '1/min', v: 72 },
      { n: 'MDC_TEMP_BODY', u: 'Cel', v: 36.8, t: 0.5 },
      { n: 'MDC_ECG_ELEC_POTL_II', u: 'mV', v: 0.015 },
      { n: 'MDC_ECG_ELEC_POTL_II', u: 'mV', v: -0.025, t: 0.004 },
      { n: 'MDC_PUMP_STAT', vs: 'infusing' },
    ]);
    expect(readings).toBe(5);
  });

  it('in SenML CBOR: the same, under the labels of RFC 8428', () => {
    const { bytes } = encodePayload('senml-cbor', 'monitor-1', TIME, EMISSION);
    const pack = decode(bytes, { useMaps: true }) as Map<number, unknown>[];
    expect(pack.map((record) => Object.fromEntries(record))).toEqual([
      { '-2': 'monitor-1:', '-3': TIME / 1000, 0: 'MDC_ECG_HEART_RATE', 1: '1/min', 2: 72 },
      { 0: 'MDC_TEMP_BODY', 1: 'Cel', 2: 36.8, 6: 0.5 },
      { 0: 'MDC_ECG_ELEC_POTL_II', 1: 'mV', 2: 0.015 },
      { 0: 'MDC_ECG_ELEC_POTL_II', 1: 'mV', 2: -0.025, 6: 0.004 },
      { 0: 'MDC_PUMP_STAT', 3: 'infusing' },
    ]);
  });

  it('go to the topic of their format', () => {
    expect(topicOf('pump-1', 'senml-cbor')).toBe('vitalseal/pump-1/senml-cbor');
  });
});

describe('encodeCbor', () => {
  it.each([0, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 40, -1, -24, -25, -257, 0.5, -1e-9])(
    'writes %d as cborg reads it',
    (value) => {
      expect(decode(encodeCbor([value, 'x'.repeat(300)]))).toEqual([value, 'x'.repeat(300)]);
    },
  );
});
