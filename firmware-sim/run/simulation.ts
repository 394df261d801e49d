// Runs a sequence of emissions against a link: paces it, breaks it as asked, sends it, and counts.
//
//   emissions → pacer → clock (± skew) → payload → faults → link → counters, onAcknowledged
import { type FaultLine, type FaultRates, faultLine, type Outgoing } from '../faults/faults.ts';
import type { Link } from '../link/link.ts';
import type { Trouble } from '../link/trouble.ts';
import { encodePayload, type Format, topicOf } from '../payload/payload.ts';
import { seededRandom } from '../random.ts';
import type { Emission } from '../reading.ts';
import { type Counters, noCounts } from './counters.ts';

export interface Pace {
  /** 1 = as it happened, 10 = ten times as fast. */
  speed: number;
  /** Messages a second, in place of the devices' own rhythm. */
  rate?: number;
  /** Stops after this many seconds, whatever the broker does; without it, when the emissions end. */
  seconds?: number;
}

export interface Clock {
  /** Milliseconds that only grow. */
  monotonicMs(): number;
  /** Unix time in ms. */
  wallMs(): number;
  /** Resolves after `ms`, or as soon as `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `callback` after `ms`; returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
}

export interface Plan {
  emissions: Iterable<Emission>;
  /** Name in the topic: the user name of the device. */
  device: string;
  format: Format;
  pace: Pace;
  faults: FaultRates;
  seed: number | string;
  link: Link;
  clock: Clock;
  /** How long to wait for the last acknowledgements (ms). */
  patienceMs: number;
  /** Every message whose PUBACK came, undamaged ones only: `emission` is what must be found in the ledger. */
  onAcknowledged?: (messageId: number, readings: number, emission: Emission) => void;
}

export interface Simulation {
  /** Sends no more, waits for what is unacknowledged, disconnects; resolves with the final counts. */
  stop(): Promise<Counters>;
  counters(): Counters;
  /** What keeps messages from being acknowledged; after the end, what did, and null when nothing was left over. */
  trouble(): Trouble | null;
  /** Resolves with the final counts when all was sent, or `stop` was called; rejects with `LinkRefused`. */
  readonly done: Promise<Counters>;
}

export function simulate(plan: Plan): Simulation {
  const counts = noCounts();
  const stopping = new AbortController();
  const faults = faultLine(plan.faults, seededRandom(plan.seed).fork('faults'));
  const counters = (): Counters => ({
    ...counts,
    dropped: faults.struck.drop,
    duplicated: faults.struck.duplicate,
    corrupted: faults.struck.corrupt,
    bursts: faults.struck.burst,
    clockJumps: faults.struck.skew,
    reconnects: plan.link.reconnects(),
  });
  let last: { trouble: Trouble | null } | null = null;
  const done = run(plan, faults, counts, stopping).then((trouble) => {
    last = { trouble };
    return counters();
  });
  done.catch(() => {}); // whoever asks for it sees it
  return {
    counters,
    trouble: () => (last === null ? plan.link.trouble() : last.trouble),
    done,
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

/** Resolves with what was in the way of the messages that are not acknowledged. */
async function run(
  plan: Plan,
  faults: FaultLine,
  counts: Counters,
  stopping: AbortController,
): Promise<Trouble | null> {
  const { link, clock, format, device, pace } = plan;
  const { signal } = stopping;
  const topic = topicOf(device, format);
  let held = false;
  // A message that waits for a broker must not outlast the end.
  const cancel = pace.seconds === undefined ? () => {} : clock.after(pace.seconds * 1000, () => stopping.abort());
  const send = async (message: Outgoing) => {
    const settled = (accepted: boolean) => {
      if (!accepted) {
        counts.refused++;
        return;
      }
      counts.acknowledged++;
      if (!message.intact) return;
      counts.acknowledgedReadings += message.readings;
      plan.onAcknowledged?.(message.id, message.readings, message.emission);
    };
    if (!(await link.publish(topic, message.bytes, settled, signal))) {
      held = true;
      return;
    }
    counts.sent++;
    counts.readings += message.readings;
  };

  try {
    for await (const emission of paced(plan.emissions, pace, clock, signal)) {
      const id = counts.messages++;
      const { bytes, readings } = encodePayload(format, device, clock.wallMs() + faults.clockOffset(), emission);
      for (const message of faults.pass({ id, emission, bytes, readings, intact: true })) await send(message);
    }
    for (const message of faults.flush()) await send(message);
    await Promise.race([link.drain(plan.patienceMs), link.refused]);
    const trouble = link.trouble();
    if (counts.acknowledged + counts.refused < counts.sent) return trouble ?? { kind: 'silent' };
    return held || trouble?.kind === 'refused' ? trouble : null;
  } finally {
    cancel();
    await link.close();
  }
}

async function* paced(
  emissions: Iterable<Emission>,
  { speed, rate, seconds }: Pace,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Emission> {
  const start = clock.monotonicMs();
  const end = seconds === undefined ? Number.POSITIVE_INFINITY : start + seconds * 1000;
  let n = 0;
  for (const emission of emissions) {
    const due = start + (rate === undefined ? emission.atMs / speed : (n * 1000) / rate);
    n++;
    const now = clock.monotonicMs();
    // A timer for each message would itself be the limit at thousands a second.
    if (due > now + 1) await clock.sleep(Math.min(due, end) - now, signal);
    if (signal.aborted || due >= end || clock.monotonicMs() >= end) return;
    yield emission;
  }
}
