// What a health observation says beside its value: by the names that the reading's context has for it, and never cut.
import { CONTEXT, CONTEXT_BYTES, encodeCbor, isVitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { describeCharacteristic } from './described.ts';
import { decodeObservation } from './health-sensor.ts';
import { codeOf, expectHardened, fromHex } from './hostile.testing.ts';

/** A body of `classType`, with its length. */
function body(classType: number, rest: string): string {
  const octets = fromHex(rest);
  return Buffer.from([classType, octets.length & 0xff, octets.length >> 8, ...octets]).toString('hex');
}

/** Code, value and context of each reading, as `vitalseal decode` gives them. */
function said(hex: string): unknown[] {
  const { readings } = describeCharacteristic('2B8B', fromHex(`03${hex}`));
  return readings.map(({ code, value, context }) => [code, value, context ?? {}]);
}

/** 98 % */
const VALUE = '2002 62000000';
const SAT = 'MDC_PULS_OXIM_SAT_O2';

describe('the header of an observation', () => {
  it.each([
    ['status', `0900 b84b0200 2000 ${VALUE}`, { measurementStatus: 0x20 }],
    ['duration', `0500 b84b0200 0f0000ff ${VALUE}`, { measurementDuration: '1.5' }],
    ['duration that is none', `0500 b84b0200 ffff7f00 ${VALUE}`, { measurementDuration: 'NaN' }],
    ['id', `1100 b84b0200 ffffffff ${VALUE}`, { observationId: 0xffffffff }],
    ['person', `2100 b84b0200 05 ${VALUE}`, { deviceUser: 5 }],
    [
      'body site and method',
      `4100 b84b0200 02 3c4c0200 00f00480 ${VALUE}`,
      { supplementalInformation: [150588, 0x8004f000] },
    ],
    ['no supplements', `4100 b84b0200 00 ${VALUE}`, {}],
    ['source', `8100 b84b0200 01 02000000 ${VALUE}`, { derivedFrom: [2] }],
    ['whole', `0101 b84b0200 02 03000000 04000000 ${VALUE}`, { isMemberOf: [3, 4] }],
    [
      'attributes',
      `0102 b84b0200 02 00100100 0400 17 0f0000ff 01100100 0200 19 6f6b ${VALUE}`,
      {
        attributes: [
          [69632, 23, '0f0000ff'],
          [69633, 25, '6f6b'],
        ],
      },
    ],
  ])('%s', (_, rest, context) => expect(said(body(1, rest))).toEqual([[SAT, '98', context]]));

  it('of a bundle holds for all in it, beside their own', () => {
    const bundle = body(
      255,
      `dd01 b84b0200 0f0000ff 2000 07000000 01 3c4c0200 01 02000000 01 03000000 02 ${body(1, `0000 ${VALUE}`)} ${body(
        1,
        `d801 2100 08000000 01 3d4c0200 01 04000000 01 05000000 ${VALUE}`,
      )}`,
    );
    const shared = { measurementDuration: '1.5', bundleId: 7 };
    expect(said(bundle)).toEqual([
      [
        SAT,
        '98',
        { ...shared, measurementStatus: 0x20, supplementalInformation: [150588], derivedFrom: [2], isMemberOf: [3] },
      ],
      [
        SAT,
        '98',
        {
          ...shared,
          measurementStatus: 0x21,
          observationId: 8,
          supplementalInformation: [150588, 150589],
          derivedFrom: [2, 4],
          isMemberOf: [3, 5],
        },
      ],
    ]);
  });
});

describe('the time of a counter', () => {
  const at = (time: string) => said(body(1, `0300 b84b0200 ${time} ${VALUE}`))[0] as unknown[];
  it.each([
    ['21 102700000000 00 00', { sourceTicksMs: 10_000_000 }],
    ['25 102700000000 00 00', { sourceTicksMs: 1_000_000 }],
    ['29 102700000000 00 00', { sourceTicksMs: 10_000 }],
    ['2d 112700000000 00 00', { sourceTicksMs: '1000.1' }],
    ['2d 102700000000 00 00', { sourceTicksMs: '1000.0' }],
    // exact, however many
    ['21 ffffffffffff 00 00', { sourceTicksMs: '281474976710655000' }],
    ['2d ffffffffffff 00 00', { sourceTicksMs: '28147497671065.5' }],
    // set back since
    ['09 102700000000 00 00', { sourceTicksMs: 10_000, sourceTimeFault: 'formerTimeline' }],
    ['2a 102700000000 00 00', {}],
  ])('%s stands beside the value', (time, context) => expect(at(time)[2]).toEqual(context));

  it('of a bundle is that of all in it, and of a stored one no date', () => {
    const bundle = body(255, `0200 29 102700000000 00 00 01 ${body(1, `0100 b84b0200 ${VALUE}`)}`);
    expect(said(bundle)).toEqual([[SAT, '98', { sourceTicksMs: 10_000 }]]);
    const [stored] = decodeObservation(fromHex(`07000000${bundle}`), true).measurements;
    expect(stored?.record).toEqual({ sequence: 7, baseTime: null });
    expect(stored?.readings[0]?.deviceTime).toBeNull();
  });

  it('says whether the clock was set since, of which nothing is left in what the observation is known by', () => {
    // In the header of the bundle, and in that of a member.
    const told = (flags: string) => {
      const members = [`0300 b84b0200 ${flags} 202700000000 00 00 ${VALUE}`, `0100 b84b0200 ${VALUE}`];
      return body(255, `0200 ${flags} 102700000000 00 00 02 ${members.map((rest) => body(1, rest)).join('')}`);
    };
    const known = (flags: string, before = '') => {
      const bytes = Buffer.from(fromHex(before + told(flags)));
      const [measurement] = decodeObservation(bytes, before !== '').measurements;
      expect(bytes.toString('hex')).toBe(before + told(flags));
      return Buffer.from(measurement?.lasting ?? []).toString('hex');
    };
    expect(known('22')).toBe(told('02'));
    expect(known('02', '07000000')).toBe(told('02'));
    expect(known('22', '07000000')).toBe(told('02'));
  });
});

describe('the whole that a reading is a part of', () => {
  it('is the type of a compound', () =>
    expect(said(body(7, '0100 044a0200 02 054a0200 01 200f 64000000 064a0200 01 200f 3c000000'))).toEqual([
      ['MDC_PRESS_BLD_NONINV_SYS', '100', { observationType: 150020 }],
      ['MDC_PRESS_BLD_NONINV_DIA', '60', { observationType: 150020 }],
    ]));

  it('is the type of a list of attributes; one that is kept as its octets says their format', () =>
    expect(said(body(8, '0100 00200100 02 b84b0200 0100 04 62 00100100 0300 1b 010203'))).toEqual([
      [SAT, '98', { observationType: 73728 }],
      ['mdc69632', '010203', { observationType: 73728, sourceFormat: 27, unmapped: true }],
    ]));
});

describe('the bits of a state', () => {
  it('have beside them which the device knows, and which last', () =>
    expect(said(body(6, '0100 f0558000 02 ff00 0f00 0500'))).toEqual([
      ['mdc8410608', '0500', { supportedMask: 'ff00', stateMask: '0f00', unmapped: true }],
    ]));
});

describe('a waveform that samples cannot say exactly', () => {
  const waveform = (rest: string) => said(body(4, `0100 01010200 b210 ${rest}`));
  const sampling = { scale: '0.005', offset: '-2048', period: '0.010', samplesPerPeriod: 1 };
  it.each([
    [
      '256 Hz',
      '050000fd 00f8ff00 e1f505f8 01 02 02000000 0008 0908',
      '00080908',
      { ...sampling, period: '0.00390625', bytesPerSample: 2, numberOfSamples: 2 },
    ],
    [
      '512 Hz, of two quantities',
      '050000fd 00000000 65cd1df7 02 01 04000000 0a140b15',
      '0a140b15',
      { ...sampling, offset: '0', period: '0.001953125', bytesPerSample: 1, samplesPerPeriod: 2, numberOfSamples: 4 },
    ],
    [
      'samples of five octets',
      '050000fd 00f8ff00 0a0000fd 01 05 01000000 0102030405',
      '0102030405',
      { ...sampling, bytesPerSample: 5, numberOfSamples: 1 },
    ],
    [
      'a scale that is none',
      'ffff7f00 00f8ff00 0a0000fd 01 01 02000000 0aff',
      '0aff',
      { ...sampling, scale: 'NaN', bytesPerSample: 1, numberOfSamples: 2 },
    ],
  ])('keeps what its octets mean: %s', (_, rest, value, told) =>
    expect(waveform(rest)).toEqual([['MDC_ECG_ELEC_POTL_I', value, { sampling: told }]]),
  );

  it('and one that they can say has no need of it', () =>
    expect(waveform('050000fd 00000000 0a0000fd 01 01 02000000 01ff')).toEqual([
      ['MDC_ECG_ELEC_POTL_I', ['0.005', '1.275'], {}],
    ]));
});

describe('a text longer than a text of a reading', () => {
  it('is kept as its octets, and says so', () => {
    const octets = 16_385;
    const text = fromHex(body(3, `0100 00100100 ${little(octets)} ${'61'.repeat(octets)}`));
    const [reading] = decodeObservation(text, false).measurements[0]?.readings ?? [];
    expect(reading?.value).toEqual({ kind: 'bytes', bytes: new Uint8Array(octets).fill(0x61) });
    expect(reading?.context?.get(CONTEXT.sourceFormat)).toBe(25);
  });
});

it('holds against any bytes', () => {
  const all =
    `ff03 b84b0200 2d 102700000000 00 00 0f0000ff 2040 07000000 05 01 3c4c0200 01 02000000 02 03000000 04000000
    01 00100100 0400 17 0f0000ff`.replaceAll('\n', '');
  const waveform = '050000fd 00f8ff00 e1f505f8 01 02 02000000 0008 0908';
  expectHardened('2B8B', [
    `03${body(1, `${all} ${VALUE}`)}`,
    `03${body(255, `${all} 02 ${body(1, `0000 ${VALUE}`)} ${body(1, `1000 08000000 ${VALUE}`)}`)}`,
    `03${body(4, `${all} b210 ${waveform}`)}`,
    `03${body(6, `${all} 02 ff00 0f00 0500`)}`,
    `03${body(8, `${all} 01 00100100 0300 1b 010203`)}`,
  ]);
});

describe('what does not fit beside a value', () => {
  /** So many octets of attribute, in pieces. */
  const attributes = (octets: number) =>
    `0102 b84b0200 01 00100100 ${little(octets)} 1b ${'aa'.repeat(octets)} ${VALUE}`;

  it('is refused, so that the packet is kept whole', () => {
    const most = decodeObservation(fromHex(body(1, attributes(3700))), false).measurements[0]?.readings[0];
    expect(encodeCbor(most?.context ?? null).length).toBeLessThan(CONTEXT_BYTES - 256);
    for (const octets of [3900, 4096, 60_000]) {
      const act = () => decodeObservation(fromHex(body(1, attributes(octets))), false);
      expect(codeOf(act)).toBe('characteristic_malformed');
      try {
        act();
      } catch (error) {
        expect(isVitalsealError(error) && error.message).not.toContain('aa');
      }
    }
  });

  it('is refused where many readings would repeat it', () => {
    const events = (count: number) =>
      body(
        5,
        `0102 f0558000 01 00100100 b80b 1b ${'aa'.repeat(3000)} ${count.toString(16)} ${'f0000300'.repeat(count)}`,
      );
    const bundle = (members: number) =>
      body(255, `0000 ${members.toString(16).padStart(2, '0')} ${events(150).repeat(members)}`);
    expect(decodeObservation(fromHex(bundle(1)), false).measurements[0]?.readings).toHaveLength(150);
    expect(codeOf(() => decodeObservation(fromHex(bundle(2)), false))).toBe('characteristic_malformed');
  });
});

function little(value: number): string {
  return Buffer.from([value & 0xff, value >> 8]).toString('hex');
}
