// A health sensor over a radio that loses segments and whole records, tells the answer too early and drops links, with a store
// that lags and a process that dies: in the end each record is kept once, and the cursor stands at the last.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursors } from '../records/cursor.ts';
import { type Durable, Rig, type RigDevice } from './rig.testing.ts';
import { observation, SENSOR, Sensor } from './sensor.testing.ts';

const NOON = Date.UTC(2025, 4, 21, 12);

/** What happens on one link. */
const link = fc.record({
  /** Records that are stored before it. */
  fresh: fc.nat(40),
  /** Segments that get lost, two a record. */
  lost: fc.array(fc.nat(160), { maxLength: 3 }),
  /** A record of which both get lost. */
  missing: fc.option(fc.nat(80), { freq: 4 }),
  /** So many segments come after the answer. */
  late: fc.nat(4),
  /** Events until it drops; null: it holds. */
  events: fc.option(fc.nat(200)),
  /** Commits a radio event. */
  commits: fc.nat(3),
  /** The process dies with it. */
  dies: fc.boolean(),
});
type Story = typeof link extends fc.Arbitrary<infer T> ? T : never;

class LossyRadio implements RigDevice {
  readonly characteristics = SENSOR;
  readonly reads = new Sensor(NOON).reads;
  stored = 0;
  lost: ReadonlySet<number> = new Set();
  late = 0;
  #segments = 0;

  onWrite = (uuid: string, request: Uint8Array): readonly (readonly [string, Uint8Array])[] => {
    if (uuid !== '2A52') return [];
    const says = (value: number) => [['2A52', Uint8Array.of(6, 0, request[0] ?? 0, value)]] as const;
    if (request[0] === 3) return says(1);
    const from = request[1] === 3 ? new DataView(request.buffer, request.byteOffset).getUint32(3, true) : 1;
    const numbers = Array.from({ length: Math.max(0, this.stored + 1 - from) }, (_, i) => from + i);
    if (numbers.length === 0) return says(6);
    const segments = numbers.flatMap((number) => this.#record(number)).filter((_, i) => !this.lost.has(i));
    const answer = ['2A52', Uint8Array.of(8, 0, numbers.length & 0xff, numbers.length >> 8, 0, 0)] as const;
    return segments.toSpliced(Math.max(0, segments.length - this.late), 0, answer);
  };

  /** In two segments. */
  #record(number: number): readonly (readonly [string, Uint8Array])[] {
    const bytes = observation(90 + (number % 9), NOON + number * 1000);
    const whole = Uint8Array.of(number & 0xff, number >> 8, 0, 0, ...bytes);
    return [whole.subarray(0, 19), whole.subarray(19)].map((part, i) => {
      const head = (i === 0 ? 0b01 : 0b10) | ((this.#segments++ % 64) << 2);
      return ['2BDD', Uint8Array.of(head, ...part)] as const;
    });
  }
}

function live(rig: Rig, { events, commits, dies }: Story) {
  rig.begin();
  for (let i = 0; (events === null || i < events) && rig.next('radio'); i++) {
    for (let commit = 0; commit < commits; commit++) rig.next('store');
  }
  if (events === null) rig.run();
  if (dies) return;
  if (events === null && rig.timers.has('racp')) rig.fire('racp').run();
  else rig.cut().run();
}

test('each record is kept once, and the cursor stands at the last', () => {
  const run = (links: readonly Story[], saveEvery: number) => {
    const radio = new LossyRadio();
    let kept: Durable | undefined;
    for (const story of links) {
      radio.stored += story.fresh;
      const whole = story.missing === null ? [] : [2 * story.missing, 2 * story.missing + 1];
      radio.lost = new Set([...story.lost, ...whole]);
      radio.late = story.late;
      const rig = new Rig(radio, kept, { saveEvery });
      live(rig, story);
      kept = rig.durable;
    }
    radio.lost = new Set();
    radio.late = 0;
    for (let again = 0; again < 2; again++) kept = new Rig(radio, kept, { saveEvery }).begin().run().durable;
    expect(new Set([...(kept?.committed.values() ?? [])].map(String)).size).toBe(radio.stored);
    expect(kept?.committed.size).toBe(radio.stored);
    const cursor = decodeCursors(kept?.cursor ?? new Uint8Array())?.get('1840')?.sequence;
    expect(cursor ?? 0).toBe(radio.stored);
  };
  fc.assert(fc.property(fc.array(link, { maxLength: 7 }), fc.constantFrom(1, 4, 64), run), { numRuns: 300 });
});
