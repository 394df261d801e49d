import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { formatExampleBytes } from '../format-example.testing.ts';
import { CONTEXT, contextName } from './context.ts';

it('is the table of FORMATS.md, key for key', () => {
  const formats = readFileSync(new URL('../FORMATS.md', import.meta.url), 'utf8');
  const [, table] = /\n\| key \| name \| key \| name \| key \| name \|\n[-|]+\n((?:\|.*\n)+)/.exec(formats) ?? [];
  const rows = [...(table ?? '').matchAll(/\| (\d+) \| (\w+) (?=\|)/g)];
  const written = rows.map(([, key, name]) => [name as string, Number(key)] as const).sort(([, a], [, b]) => a - b);
  expect(written).toEqual(Object.entries(CONTEXT));
  for (const [name, key] of Object.entries(CONTEXT)) expect(contextName(key)).toBe(name);
  expect(contextName(0)).toBe(null);
});

it('says what the octets of a waveform mean, as in FORMATS.md', () => {
  const sampling = new Map<string, string | number>([
    ['scale', '0.005'],
    ['offset', '-2048'],
    ['period', '0.00390625'],
    ['bytesPerSample', 2],
    ['numberOfSamples', 1],
    ['samplesPerPeriod', 1],
  ]);
  const context = new Map([[CONTEXT.sampling, sampling]]);
  expect(encodeCbor(context)).toEqual(formatExampleBytes('sampling'));
  expect(decodeCbor(formatExampleBytes('sampling'))).toEqual(context);
});
