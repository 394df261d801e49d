// What goes wrong with real devices, on purpose and by seed: messages lost, sent twice, damaged, held back and sent in a
// burst, and clocks that jump. Pure: messages in, messages out; several faults compose.
import type { Random } from '../random.ts';
import type { Emission } from '../reading.ts';

/** Kind → what happens to a message when the fault strikes. */
export const FAULTS = {
  drop: 'the device loses it',
  duplicate: 'the device sends it twice, as two messages',
  corrupt: 'some of its bits flip',
  burst: 'it and the next 19 are held back and leave at once',
  skew: "the device's clock jumps by up to two hours, and stays there",
} as const;

export type Fault = keyof typeof FAULTS;
export type FaultRates = Readonly<Partial<Record<Fault, number>>>;

const BURST = 20;
const SKEW_MS = 2 * 3600_000;
const MAX_FLIPS = 8;

/** One message on its way out. */
export interface Outgoing {
  readonly id: number;
  /** What the device measured. */
  readonly emission: Emission;
  readonly bytes: Uint8Array;
  readonly readings: number;
  /** False once damaged: what the gateway makes of it nobody can say. */
  readonly intact: boolean;
}

/** `drop=0.01` as a rate; null when it is no fault, or no probability. */
export function parseFault(text: string): FaultRates | null {
  const match = /^([a-z]+)=(\d+(?:\.\d+)?)$/.exec(text);
  const rate = Number(match?.[2]);
  return match?.[1] && Object.hasOwn(FAULTS, match[1]) && rate <= 1 ? { [match[1]]: rate } : null;
}

export interface FaultLine {
  /** What the device's clock shows beyond the right time (ms); call once per message. */
  clockOffset(): number;
  /** The messages that leave now, in order; none while one is lost or held back. */
  pass(message: Outgoing): Outgoing[];
  /** What is still held back. */
  flush(): Outgoing[];
  /** How often each fault struck. */
  readonly struck: Readonly<Record<Fault, number>>;
}

/** Each fault draws from a sequence of its own, so that adding one does not move the others. */
export function faultLine(rates: FaultRates, random: Random): FaultLine {
  const struck: Record<Fault, number> = { drop: 0, duplicate: 0, corrupt: 0, burst: 0, skew: 0 };
  const sources = Object.fromEntries(Object.keys(FAULTS).map((name) => [name, random.fork(name)])) as Record<
    Fault,
    Random
  >;
  const strikes = (fault: Fault) => {
    const hit = sources[fault].chance(rates[fault] ?? 0);
    if (hit) struck[fault]++;
    return hit;
  };
  let offset = 0;
  let held: Outgoing[] = [];
  let holding = false;
  return {
    struck,
    clockOffset: () => {
      if (strikes('skew')) offset = Math.round(sources.skew.between(-SKEW_MS, SKEW_MS));
      return offset;
    },
    pass: (message) => {
      if (strikes('drop')) return [];
      const one = strikes('corrupt') ? damaged(message, sources.corrupt) : message;
      const out = strikes('duplicate') ? [one, one] : [one];
      if (!holding && strikes('burst')) holding = true;
      if (!holding) return out;
      held.push(...out);
      if (held.length < BURST) return [];
      const released = held;
      held = [];
      holding = false;
      return released;
    },
    flush: () => held.splice(0),
  };
}

function damaged(message: Outgoing, random: Random): Outgoing {
  const bytes = message.bytes.slice();
  const flips = 1 + Math.floor(random.next() * MAX_FLIPS);
  for (let i = 0; i < flips && bytes.length > 0; i++) {
    const at = Math.floor(random.next() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random.next() * 8));
  }
  return { ...message, bytes, intact: false };
}
