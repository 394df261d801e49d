// The kinds of equipment that can be simulated, by the name that the command line uses; and several of them as one.
import type { Random } from '../random.ts';
import type { Emission } from '../reading.ts';
import { glucoseMeter } from './glucose-meter.ts';
import { bedsideMonitor } from './monitor.ts';
import { infusionPump } from './pump.ts';

export const KINDS = { pump: infusionPump, monitor: bedsideMonitor, glucose: glucoseMeter } as const satisfies Record<
  string,
  (random: Random) => Iterator<Emission>
>;

export type Kind = keyof typeof KINDS;

export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

/** The messages of all `kinds` in order of time; endless. Each kind has a sequence of its own. */
export function* emissionsOf(kinds: readonly Kind[], random: Random): Generator<Emission> {
  const devices = kinds.map((kind, i) => {
    const emissions = KINDS[kind](random.fork(`${kind}/${i}`));
    return { emissions, next: emissions.next().value as Emission };
  });
  for (;;) {
    const first = devices.reduce((a, b) => (b.next.atMs < a.next.atMs ? b : a));
    yield first.next;
    first.next = first.emissions.next().value as Emission;
  }
}
