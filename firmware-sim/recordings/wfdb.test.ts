import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Emission } from '../reading.ts';
import { openRecording } from './open.fs.ts';
import { openWfdb } from './wfdb.ts';
import { parseWfdbHeader } from './wfdb-header.ts';
import { MISSING, readWfdbSignals } from './wfdb-samples.ts';

const shared = process.env.VITALSEAL_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));
const recordings = join(shared, 'data', 'recordings');
const without = !existsSync(recordings);
if (without) console.warn('skipped: the recordings are not here (VITALSEAL_SHARED)');

const header = (line: string, frames = 4) => `r 1 250 ${frames}\n${line}\n`;
const signal = (line: string) => parseWfdbHeader(header(line)).signals[0];
const samples = (emissions: Iterable<Emission>) =>
  [...emissions].flatMap(({ readings }) =>
    readings.map(({ value }) => (value.kind === 'samples' ? Array.from(value.samples) : [])),
  );

describe('the header', () => {
  it('reads every part of a signal line', () => {
    expect(signal('a.dat 16x2:3+24 1.5e2(-7)/uV 12 5 -4 -32000 0 lead of much')).toEqual({
      file: 'a.dat',
      format: 16,
      perFrame: 2,
      skew: 3,
      offset: 24,
      gain: 150,
      baseline: -7,
      unit: 'uV',
      initial: -4,
      checksum: -32000,
      description: 'lead of much',
    });
  });

  it('fills in what may be left out', () => {
    expect(signal('a.dat 212')).toMatchObject({ gain: 200, baseline: 0, unit: 'mV', checksum: null, perFrame: 1 });
    expect(signal('a.dat 212 0 12 1024')).toMatchObject({ gain: 200, baseline: 1024 });
  });

  it.each([
    '',
    'r',
    'r 2 250 4\na.dat 16\n',
    'r/3 1 250 4\na 4\n',
    'r 1 -5 4\na.dat 16\n',
    'r 1 250 4\na.dat 311\n',
    'r 1 250 4\n../a.dat 16\n',
    'r 1 250 4\na.dat x\n',
    'r 99999 250 4\na.dat 16\n',
    'r 1 250 4.5\na.dat 16\n',
  ])('refuses %j', (text) => {
    expect(() => parseWfdbHeader(text)).toThrow(expect.objectContaining({ name: 'RecordingInvalid' }));
  });
});

describe('the samples', () => {
  const read = (line: string, bytes: number[], frames: number | null) =>
    readWfdbSignals(Uint8Array.from(bytes), parseWfdbHeader(header(line)).signals, frames).map((one) =>
      Array.from(one),
    );

  it('in format 16', () => {
    expect(read('a.dat 16', [1, 0, 255, 255, 0, 128], null)).toEqual([[1, -1, MISSING]]);
  });
  it('in format 80', () => {
    expect(read('a.dat 80', [129, 127, 0, 255], null)).toEqual([[1, -1, MISSING, 127]]);
  });
  it('in format 212, a single last sample too', () => {
    expect(read('a.dat 212', [0x01, 0xf8, 0xff, 0xff, 0x07], 3)).toEqual([[MISSING + 0, -1, 2047].with(0, -2047)]);
    expect(read('a.dat 212', [0x00, 0x08, 0x00], 2)).toEqual([[MISSING, 0]]);
  });
  it('moves a late signal back', () => {
    expect(read('a.dat 80:1', [129, 130, 131], null)).toEqual([[2, 3, MISSING]]);
  });
  it('refuses a file that is too short, and one that does not match its checksum', () => {
    expect(() => read('a.dat 16', [1, 0], 4)).toThrow('1 of 4 frames');
    expect(() => read('a.dat 80 200 8 0 1 99', [129], 1)).toThrow('checksum');
    expect(read('a.dat 80 200 8 0 1 1', [129], 1)).toEqual([[1]]);
  });
});

describe('a record', () => {
  it('leaves gaps where samples are missing, and puts the rest at its time', () => {
    const { emissions } = openWfdb('r 1 4 6\na.dat 80 10(0)/mV 8 0 0\n', () =>
      Uint8Array.of(129, 0, 130, 131, 132, 133),
    );
    const [first, second] = [...emissions];
    expect(first?.readings.map(({ offsetMs }) => offsetMs)).toEqual([0, 500]);
    expect(samples([first as Emission, second as Emission])).toEqual([[1], [2, 3], [4, 5]]);
    expect(first?.readings[0]?.value).toMatchObject({ periodUs: 250_000, scale: { mantissa: 1, exponent: -1 } });
  });
});

describe.skipIf(without)('recordings that nobody here wrote', () => {
  it('MIT-BIH record 100, format 212: known first samples, and its checksums', () => {
    const { summary, emissions } = openRecording(join(recordings, 'wfdb-mitdb', '100.hea'));
    expect(summary).toBe('WFDB record 100: MLII, V5; 1806 s at 360 Hz');
    const all = [...emissions];
    expect(all).toHaveLength(1806);
    const [first] = all;
    expect(first?.readings.map(({ code }) => code)).toEqual(['MDC_ECG_ELEC_POTL_II', 'V5']);
    // 995 and 1011 are the initial values of the header; the baseline is 1024.
    expect(samples([first as Emission]).map((block) => block.slice(0, 3))).toEqual([
      [-29, -29, -29],
      [-13, -13, -13],
    ]);
    expect(first?.readings[0]?.value).toMatchObject({ scale: { mantissa: 5, exponent: -3 } });
    expect(samples(all).reduce((sum, block) => sum + block.length, 0)).toBe(2 * 650_000);
  });

  it.each([
    ['a103l.hea', 3, 330],
    ['v102s.hea', 4, 300],
  ])('PhysioNet challenge %s: formats with an offset, and 212 with four signals', (file, signals, seconds) => {
    const all = [...openRecording(join(recordings, 'wfdb-challenge2015', file)).emissions];
    expect(all).toHaveLength(seconds);
    expect(new Set(all.flatMap(({ readings }) => readings.map(({ code }) => code))).size).toBe(signals);
  });

  it('a record with one byte changed is refused', () => {
    const folder = join(recordings, 'wfdb-mitdb');
    const bytes = readFileSync(join(folder, '100.dat'));
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    expect(() => openWfdb(readFileSync(join(folder, '100.hea'), 'latin1'), () => bytes)).toThrow('checksum');
  });

  it.each([
    ['cgmr/levels.csv', /rows of/],
    ['flirt-empatica/ACC.csv', /32 Hz of ACC_1, ACC_2, ACC_3$/],
    ['flirt-empatica/BVP.csv', /64 Hz/],
    ['flirt-empatica/HR.csv', /1 Hz/],
    ['heartpy/data.csv', /100 Hz/],
    ['heartpy/data2.csv', /rows of hr/],
    ['welltory/blood_pressure.csv', /rows of .*diastolic, systolic/],
  ])('%s is understood', (file, summary) => {
    const recording = openRecording(join(recordings, file));
    expect(recording.summary).toMatch(summary);
    expect([...recording.emissions].length).toBeGreaterThan(20);
  });
});
