// Which packets of a peripheral are due: live values in their rhythm while somebody is subscribed, and a queue of answers
// (stored records, control points) one after the other. Time is told, never asked.
import type { Characteristic, Packet } from './peripheral.ts';

/** A live value as its maker gives it. */
export type Made = Omit<Packet, 'characteristic'>;
/** A value may need several packets; null: nothing this time. */
export type MakeValue = (atMs: number) => Made | readonly Made[] | null;

interface Stream {
  readonly characteristic: Characteristic;
  readonly everyMs: number;
  readonly make: MakeValue;
  nextMs: number;
}

interface Queued {
  /** They leave together or not at all. */
  readonly packets: readonly Packet[];
  /** Called when they leave. */
  readonly left: () => void;
}

/** Between two turns of the queue: about what one connection interval carries. */
const QUEUE_PACE_MS = 5;
/** From the subscription to the first live value. */
const FIRST_MS = 20;

export class Schedule {
  readonly #streams: Stream[] = [];
  readonly #subscribed = new Set<Characteristic>();
  #queue: Queued[] = [];
  #queueNextMs = 0;
  #rate: number | null = null;

  /** Gives a value every `everyMs` while subscribed. */
  every(everyMs: number, characteristic: Characteristic, make: MakeValue): void {
    this.#streams.push({ characteristic, everyMs, make, nextMs: 0 });
  }

  isSubscribed(characteristic: Characteristic): boolean {
    return this.#subscribed.has(characteristic);
  }

  subscribe(characteristic: Characteristic, on: boolean, atMs: number): void {
    if (on === this.#subscribed.has(characteristic)) return;
    if (on) this.#subscribed.add(characteristic);
    else this.#subscribed.delete(characteristic);
    for (const stream of this.#streams) if (stream.characteristic === characteristic) stream.nextMs = atMs + FIRST_MS;
  }

  /** Sends when its turn comes, if the characteristic is subscribed by then; several packets in one turn. */
  enqueue(packet: Packet | readonly Packet[], atMs: number, left: () => void = () => {}): void {
    if (this.#queue.length === 0) this.#queueNextMs = Math.max(this.#queueNextMs, atMs);
    this.#queue.push({ packets: [packet].flat(), left });
  }

  /** Forgets what is queued. */
  clearQueue(): void {
    this.#queue = [];
  }

  disconnected(): void {
    this.#subscribed.clear();
    this.clearQueue();
  }

  setRate(perSecond: number | null): void {
    this.#rate = perSecond;
    for (const stream of this.#streams) stream.nextMs = 0;
  }

  due(atMs: number): Packet[] {
    const packets: Packet[] = [];
    while (this.#queue.length > 0 && this.#queueNextMs <= atMs) {
      const turn = this.#queue.shift() as Queued;
      this.#queueNextMs += QUEUE_PACE_MS;
      const wanted = turn.packets.filter(({ characteristic }) => this.#subscribed.has(characteristic));
      if (wanted.length === 0) continue;
      packets.push(...wanted);
      turn.left();
    }
    for (const stream of this.#streams) {
      if (!this.#subscribed.has(stream.characteristic)) continue;
      for (let n = this.#missed(stream, atMs); n > 0; n--) {
        const made = [stream.make(atMs) ?? []].flat();
        packets.push(...made.map((packet) => ({ characteristic: stream.characteristic, ...packet })));
      }
    }
    return packets;
  }

  nextMs(): number | null {
    const times = this.#streams.filter((s) => this.#subscribed.has(s.characteristic)).map((s) => s.nextMs);
    if (this.#queue.length > 0) times.push(this.#queueNextMs);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** How many values of a stream are due. At its own rhythm at most one: a device that was busy does not make up for it. */
  #missed(stream: Stream, atMs: number): number {
    const period = this.#rate === null ? stream.everyMs : 1000 / this.#rate;
    if (stream.nextMs === 0) stream.nextMs = atMs;
    if (stream.nextMs > atMs) return 0;
    const n = Math.floor((atMs - stream.nextMs) / period) + 1;
    stream.nextMs += n * period;
    return this.#rate === null ? 1 : n;
  }
}
