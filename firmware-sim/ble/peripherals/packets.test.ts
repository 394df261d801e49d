import { describe, expect, it } from 'vitest';
import { decimalText, type SimReading } from '../../reading.ts';
import type { Packet } from '../peripheral.ts';
import { cgmPacket } from './cgm.ts';
import { cuffPacket, inflationPacket } from './cuff.ts';
import { contextPacket, glucosePacket } from './glucose-meter.ts';
import { observation, PULSE, SATURATION, storedObservation } from './health-observation.ts';
import { strapPacket } from './heart-rate.ts';
import { continuousPacket, spotPacket } from './oximeter.ts';
import { compositionPacket, weightPacket } from './scale.ts';
import { temperaturePacket } from './thermometer.ts';

const AT = Date.UTC(2026, 10, 21, 5, 30, 45);
/** 2026-11-21T05:30:45: year 07EA, month, day, time. */
const TIME = 'ea070b15051e2d';
/** The same as milliseconds of UTC since 2000: 848,554,245,000. */
const ELAPSED = '2a 883bc691c500 00 00';

const text = ({ code, unit, value }: SimReading) =>
  `${code} ${value.kind === 'decimal' ? decimalText(value) : value.kind === 'text' ? value.text : value.kind} ${unit}`;

/** Written by hand from the specifications' tables. */
const VECTORS: readonly [name: string, packet: Omit<Packet, 'characteristic'>, hex: string, readings: string[]][] = [
  [
    '2A37 with contact and two intervals',
    strapPacket({ rate: 72, contact: true, intervals: [853, 1024], energy: null }),
    '16 48 5503 0004',
    ['MDC_HF_HR 72 /min', 'MDC_ECG_TIME_PD_RR_GL 833.0078125 ms', 'MDC_ECG_TIME_PD_RR_GL 1000 ms'],
  ],
  [
    '2A37 of 16 bits with energy, without contact',
    strapPacket({ rate: 300, contact: false, intervals: [], energy: 512 }),
    '0d 2c01 0002',
    ['MDC_HF_HR 300 /min', 'MDC_HF_ENERGY 512 kJ'],
  ],
  [
    '2A1C with time and type',
    temperaturePacket({ tenths: 368, atMs: AT, type: 3 }),
    `06 700100ff ${TIME} 03`,
    ['MDC_TEMP_BODY 36.8 Cel'],
  ],
  ['2A1E', temperaturePacket({ tenths: 341, atMs: null, type: 3 }), '04 550100ff 03', ['MDC_TEMP_BODY 34.1 Cel']],
  [
    '2A35',
    cuffPacket({ systolic: 128, diastolic: 82, mean: 97, atMs: AT, pulse: 66, user: 1, status: 4 }),
    `1e 8000 5200 6100 ${TIME} 4200 01 0400`,
    [
      'MDC_PRESS_BLD_NONINV_SYS 128 mm[Hg]',
      'MDC_PRESS_BLD_NONINV_DIA 82 mm[Hg]',
      'MDC_PRESS_BLD_NONINV_MEAN 97 mm[Hg]',
      'MDC_PULS_RATE_NON_INV 66 /min',
    ],
  ],
  ['2A36', inflationPacket(140), '00 8c00 ff07 ff07', ['cuffPressure 140 mm[Hg]']],
  [
    '2A5F',
    continuousPacket({ saturation: 97, pulse: 64, amplitude: 61 }),
    '10 6100 4000 3df0',
    ['MDC_PULS_OXIM_SAT_O2 97 %', 'MDC_PULS_OXIM_PULS_RATE 64 /min', 'MDC_PULS_OXIM_PERF_REL 6.1 %'],
  ],
  [
    '2A5E',
    spotPacket({ saturation: 97, pulse: 64, amplitude: 61 }, AT),
    `09 6100 4000 ${TIME} 3df0`,
    ['MDC_PULS_OXIM_SAT_O2 97 %', 'MDC_PULS_OXIM_PULS_RATE 64 /min', 'MDC_PULS_OXIM_PERF_REL 6.1 %'],
  ],
  [
    '2A18 with a context to follow',
    glucosePacket({
      ...{ sequence: 258, atMs: AT, offsetMinutes: -60, milligrams: 98, status: 1 },
      meal: { kind: 1, grams: 45 },
    }),
    `1b 0201 ${TIME} c4ff 62b0 11 0100`,
    ['MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD 0.00098 kg/L'],
  ],
  [
    '2A34',
    contextPacket({ sequence: 258, kind: 2, grams: 45 }),
    '03 0201 04 2dd0 02',
    ['MDC_CTXT_GLU_CARB 0.045 kg', 'MDC_CTXT_GLU_MEAL postprandial '],
  ],
  [
    '2AA7 with trend, status and checksum',
    cgmPacket({ milligrams: 121, minutes: 15, trend: -12 }),
    '0b 81 7900 0f00 00 f4ff 1183',
    ['MDC_CONC_GLU_ISF 121 mg/dL', 'glucoseTrend -1.2 mg/dL/min'],
  ],
  [
    '2A9D',
    weightPacket({ counts: 14_470, atMs: AT, user: 1, bodyMassIndex: 229, height: 1778 }),
    `0e 8638 ${TIME} 01 e500 f206`,
    ['MDC_MASS_BODY_ACTUAL 72.350 kg', 'MDC_RATIO_MASS_BODY_LEN_SQ 22.9 kg/m2', 'MDC_LEN_BODY_ACTUAL 177.8 cm'],
  ],
  [
    '2A9C',
    compositionPacket({ fat: 225, muscle: 403, atMs: AT, user: 1, water: 7958, counts: 14_470, impedance: 4930 }),
    `1607 e100 ${TIME} 01 9301 161f 4213 8638`,
    [
      'MDC_BODY_FAT 22.5 %',
      'musclePercentage 40.3 %',
      'MDC_BODY_WATER 39.790 kg',
      'bodyImpedance 493.0 Ohm',
      'MDC_MASS_BODY_ACTUAL 72.350 kg',
    ],
  ],
  [
    '2B8B of one number',
    observation(AT, [{ what: SATURATION, mantissa: 973, exponent: -1 }]),
    `01 1500 0300 b84b0200 ${ELAPSED} 2002 cd0300ff`,
    ['MDC_PULS_OXIM_SAT_O2 97.3 %'],
  ],
  [
    '2BDD of a bundle',
    storedObservation(
      0x0102_0304,
      observation(AT, [
        { what: SATURATION, mantissa: 973, exponent: -1 },
        { what: PULSE, mantissa: 64, exponent: 0 },
      ]),
    ),
    `04030201 ff 2a00 0200 ${ELAPSED} 02 01 0c00 0100 b84b0200 2002 cd0300ff 01 0c00 0100 1a480200 a00a 40000000`,
    ['MDC_PULS_OXIM_SAT_O2 97.3 %', 'MDC_PULS_OXIM_PULS_RATE 64 /min'],
  ],
];

describe('packets of the simulated devices', () => {
  it.each(VECTORS)('%s', (_name, { bytes, readings }, hex, expected) => {
    expect(Buffer.from(bytes).toString('hex')).toBe(hex.replaceAll(' ', ''));
    expect(readings.map(text)).toEqual(expected);
  });
});
