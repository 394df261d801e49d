// A bedside monitor: vital signs each second with a block of ECG lead II at 250 Hz, and a cuff measurement each minute.
import type { Random } from '../random.ts';
import { type Emission, rounded, type SimReading } from '../reading.ts';
import { ecg } from '../signals/ecg.ts';
import { wandering } from '../signals/wander.ts';

const PERIOD_US = 4000;
const SAMPLES = 1_000_000 / PERIOD_US;
/** 200 steps a millivolt, as most recorders have. */
const MV_PER_STEP = { mantissa: 5, exponent: -3 } as const;
const CUFF_EVERY_S = 60;

export function* bedsideMonitor(random: Random): Generator<Emission> {
  const heart = wandering(
    { level: random.between(62, 88), spread: 4, memory: 40, low: 40, high: 160 },
    random.fork('heart'),
  );
  const lungs = wandering(
    { level: random.between(12, 18), spread: 1.2, memory: 30, low: 6, high: 35 },
    random.fork('lungs'),
  );
  const oxygen = wandering({ level: 97.2, spread: 0.9, memory: 60, low: 84, high: 100 }, random.fork('oxygen'));
  const warmth = wandering({ level: 36.9, spread: 0.2, memory: 3600, low: 35, high: 40 }, random.fork('warmth'));
  const systole = wandering(
    { level: random.between(108, 136), spread: 6, memory: 600, low: 80, high: 200 },
    random.fork('systole'),
  );
  const lead = ecg(PERIOD_US, random.fork('lead'));
  for (let second = 0; ; second++) {
    const heartRate = heart(1);
    const respiration = lungs(1);
    const saturation = oxygen(1);
    const pressure = systole(1);
    const readings: SimReading[] = [
      { code: 'MDC_ECG_HEART_RATE', unit: '/min', value: rounded(heartRate, 0) },
      { code: 'MDC_PULS_OXIM_SAT_O2', unit: '%', value: rounded(saturation, 0) },
      { code: 'MDC_PULS_OXIM_PULS_RATE', unit: '/min', value: rounded(heartRate + random.normal() * 0.4, 0) },
      { code: 'MDC_RESP_RATE', unit: '/min', value: rounded(respiration, 0) },
      { code: 'MDC_TEMP_BODY', unit: 'Cel', value: rounded(warmth(1), 1) },
    ];
    if (second % CUFF_EVERY_S === 0) readings.push(...cuff(pressure));
    const samples = Int32Array.from(lead(SAMPLES, { heartRate, respiration }), (mv) => Math.round(mv * 200));
    readings.push({
      code: 'MDC_ECG_ELEC_POTL_II',
      unit: 'mV',
      value: { kind: 'samples', periodUs: PERIOD_US, scale: MV_PER_STEP, samples },
    });
    yield { atMs: second * 1000, readings, alarm: saturation < 88 || heartRate > 140 };
  }
}

/** One non-invasive measurement: the mean lies a third of the way up. */
function cuff(systolic: number): SimReading[] {
  const diastolic = systolic * 0.64;
  const mean = diastolic + (systolic - diastolic) / 3;
  return [
    { code: 'MDC_PRESS_BLD_NONINV_SYS', unit: 'mm[Hg]', value: rounded(systolic, 0) },
    { code: 'MDC_PRESS_BLD_NONINV_DIA', unit: 'mm[Hg]', value: rounded(diastolic, 0) },
    { code: 'MDC_PRESS_BLD_NONINV_MEAN', unit: 'mm[Hg]', value: rounded(mean, 0) },
  ];
}
