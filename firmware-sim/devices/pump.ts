// An infusion pump: each second its flow, what it delivered and what remains. It stops on an occlusion until a nurse
// frees the line, and keeps the vein open at a low rate when the bag is empty, until a new one hangs.
import type { Random } from '../random.ts';
import { type Emission, rounded, type SimReading } from '../reading.ts';
import { wandering } from '../signals/wander.ts';

/** Once in 20 minutes on average. */
const OCCLUSION_A_SECOND = 1 / 1200;
const KEEP_OPEN_ML_H = 1;
const NEW_BAG_AFTER_S = 90;

type Status = 'infusing' | 'occlusion' | 'keep-vein-open';

export function* infusionPump(random: Random): Generator<Emission> {
  const rate = Math.round(random.between(20, 125));
  const bag = [50, 100, 250, 500][Math.floor(random.next() * 4)] ?? 100;
  const ripple = wandering({ level: 1, spread: 0.01, memory: 5, low: 0.9, high: 1.1 }, random.fork('ripple'));
  let delivered = 0;
  let remaining: number = bag;
  let status: Status = 'infusing';
  let told: Status | null = null;
  let leftSeconds = 0;
  for (let second = 0; ; second++) {
    if (status === 'infusing' && random.chance(OCCLUSION_A_SECOND)) {
      status = 'occlusion';
      leftSeconds = Math.round(random.between(10, 40));
    } else if (status !== 'infusing' && --leftSeconds <= 0) {
      if (status === 'keep-vein-open') remaining = bag;
      status = 'infusing';
    }
    const flow = status === 'infusing' ? rate * ripple(1) : status === 'occlusion' ? 0 : KEEP_OPEN_ML_H;
    delivered += flow / 3600;
    remaining = Math.max(0, remaining - (status === 'infusing' ? flow / 3600 : 0));
    if (status === 'infusing' && remaining === 0) {
      status = 'keep-vein-open';
      leftSeconds = NEW_BAG_AFTER_S;
    }
    const readings: SimReading[] = [
      { code: 'MDC_FLOW_FLUID_PUMP', unit: 'mL/h', value: rounded(flow, 1) },
      { code: 'MDC_VOL_FLUID_DELIV', unit: 'mL', value: rounded(delivered, 2) },
      { code: 'MDC_VOL_FLUID_TBI_REMAIN', unit: 'mL', value: rounded(remaining, 2) },
    ];
    const changed = status !== told;
    if (changed) readings.push({ code: 'MDC_PUMP_STAT', unit: '', value: { kind: 'text', text: status } });
    told = status;
    yield { atMs: second * 1000, readings, alarm: changed && status !== 'infusing' };
  }
}
