import { describe, expect, it } from 'vitest';
import { brief } from './described.testing.ts';
import { codeOf, expectHardened } from './hostile.testing.ts';

const TIME = 'e907 05 15 0a 1e 2d';

describe('PLX Spot-Check Measurement', () => {
  it.each([
    [
      '00 6200 4000',
      ['MDC_PULS_OXIM_SAT_O2 98 % sourceName=spot', 'MDC_PULS_OXIM_PULS_RATE 64 /min sourceName=spot'],
      { flags: 0, deviceClockNotSet: false },
    ],
    [
      `0f 6200 ff07 ${TIME} 0003 210800 0cf0`,
      [
        'MDC_PULS_OXIM_SAT_O2 98 % 2025-05-21T10:30:45 status=768 sensorStatus=2081 stored=true sourceName=spot',
        'MDC_PULS_OXIM_PULS_RATE NaN /min 2025-05-21T10:30:45 status=768 sensorStatus=2081 stored=true sourceName=spot',
        'MDC_PULS_OXIM_PERF_REL 1.2 % 2025-05-21T10:30:45 status=768 sensorStatus=2081 stored=true',
      ],
      {
        flags: 15,
        timestamp: '2025-05-21T10:30:45',
        status: 768,
        statusNames: ['fullyQualifiedData', 'dataFromMeasurementStorage'],
        sensorStatus: 2081,
        sensorStatusNames: ['extendedDisplayUpdateOngoing', 'lowPerfusionDetected', 'sensorUnconnectedToUser'],
        deviceClockNotSet: false,
      },
    ],
    [
      '10 0008 fe07',
      [
        'MDC_PULS_OXIM_SAT_O2 NRes % sourceTimeFault=unset sourceName=spot',
        'MDC_PULS_OXIM_PULS_RATE +INF /min sourceTimeFault=unset sourceName=spot',
      ],
      { flags: 16, deviceClockNotSet: true },
    ],
  ])('%s', (hex, readings, facts) => expect(brief('2A5E', hex)).toEqual({ readings, facts }));
});

describe('PLX Continuous Measurement', () => {
  it.each([
    ['00 6200 4000', ['MDC_PULS_OXIM_SAT_O2 98 %', 'MDC_PULS_OXIM_PULS_RATE 64 /min'], { flags: 0 }],
    [
      '1f 6200 4000 6100 4100 6000 4200 2000 0080ff 6400',
      [
        'MDC_PULS_OXIM_SAT_O2 98 % status=32 sensorStatus=16744448',
        'MDC_PULS_OXIM_PULS_RATE 64 /min status=32 sensorStatus=16744448',
        'MDC_PULS_OXIM_SAT_O2 97 % status=32 sensorStatus=16744448 sourceName=fast',
        'MDC_PULS_OXIM_PULS_RATE 65 /min status=32 sensorStatus=16744448 sourceName=fast',
        'MDC_PULS_OXIM_SAT_O2 96 % status=32 sensorStatus=16744448 sourceName=slow',
        'MDC_PULS_OXIM_PULS_RATE 66 /min status=32 sensorStatus=16744448 sourceName=slow',
        'MDC_PULS_OXIM_PERF_REL 100 % status=32 sensorStatus=16744448',
      ],
      {
        flags: 31,
        status: 32,
        statusNames: ['measurementOngoing'],
        sensorStatus: 16744448,
        sensorStatusNames: ['sensorDisconnected', ...[16, 17, 18, 19, 20, 21, 22, 23].map((bit) => `reserved${bit}`)],
      },
    ],
  ])('%s', (hex, readings, facts) => expect(brief('2A5F', hex)).toEqual({ readings, facts }));
});

describe('PLX Features', () => {
  it.each([
    ['8000', { features: 128, featureNames: ['multipleBondsSupported'] }],
    [
      '0300 2000 010000',
      {
        features: 3,
        featureNames: ['measurementStatusSupported', 'deviceAndSensorStatusSupported'],
        statusSupport: 32,
        statusSupportNames: ['measurementOngoing'],
        sensorStatusSupport: 1,
        sensorStatusSupportNames: ['extendedDisplayUpdateOngoing'],
      },
    ],
  ])('%s', (hex, facts) => expect(brief('2A60', hex)).toEqual({ readings: [], facts }));

  it('refuses a list that is not announced', () => {
    expect(codeOf(() => brief('2A60', '8000 2000'))).toBe('characteristic_malformed');
  });
});

it.each([
  ['2A5E', ['00 6200 4000', `0f 6200 ff07 ${TIME} 0003 210800 0cf0`]],
  ['2A5F', ['00 6200 4000', '1f 6200 4000 6100 4100 6000 4200 2000 0080ff 6400']],
  ['2A60', ['8000', '0300 2000 010000']],
])('%s takes hostile bytes', (uuid, good) => expectHardened(uuid, good));
