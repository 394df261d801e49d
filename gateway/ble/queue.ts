// Who gets the adapter's slots. Devices beyond them take turns: the one that was longest without a slot goes first, but a
// meter that advertises for half a minute goes before those that stay: once, not while they wait and it comes again and again.
// Pure: times come in, names go out.

export interface QueueLimits {
  readonly connections: number;
  readonly turnMs: number;
  readonly busyTurnMs: number;
  readonly shortTurnMs: number;
}

/** What a link does: `busy` while it is set up or fetches records, which a cut would waste. */
export type Occupation = 'busy' | 'live';

interface Waiting {
  /** Heard for a short while only. */
  readonly short: boolean;
  readonly place: number;
}

export class SlotQueue {
  readonly #limits: QueueLimits;
  readonly #waiting = new Map<string, Waiting>();
  /** Device → when it was granted its slot. */
  readonly #holders = new Map<string, number>();
  /** Device → when it gave its last slot back. */
  readonly #servedAt = new Map<string, number>();
  /** Device → the place that was next when it was granted its last slot. */
  readonly #grantedAt = new Map<string, number>();
  /** Asked to give their slot up; not asked twice. */
  readonly #leaving = new Set<string>();
  #places = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get holders(): number {
    return this.#holders.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  holds(device: string): boolean {
    return this.#holders.has(device);
  }

  /** A device wants a slot. Asking again keeps its place. */
  request(device: string, short: boolean): void {
    if (this.#holders.has(device)) return;
    const place = this.#waiting.get(device)?.place ?? this.#places++;
    this.#waiting.set(device, { short, place });
  }

  /** The slot is free again, or no longer asked for. */
  release(device: string, nowMs: number): void {
    this.#waiting.delete(device);
    this.#leaving.delete(device);
    if (this.#holders.delete(device)) this.#servedAt.set(device, nowMs);
  }

  /** The device is gone for good. */
  forget(device: string): void {
    this.#waiting.delete(device);
    this.#leaving.delete(device);
    this.#holders.delete(device);
    this.#servedAt.delete(device);
    this.#grantedAt.delete(device);
  }

  /** Gives the next free slot away; null when there is none, or nobody waits. */
  grant(nowMs: number): string | null {
    if (this.#holders.size >= this.#limits.connections) return null;
    let best: string | null = null;
    const hurried = this.#hurried();
    for (const device of this.#waiting.keys())
      if (best === null || this.#isBefore(device, best, hurried)) best = device;
    if (best === null) return null;
    this.#grantedAt.set(best, this.#places);
    this.#waiting.delete(best);
    this.#holders.set(best, nowMs);
    return best;
  }

  /**
   * Who should give its slot up for one that waits, or in how many ms somebody should: null while nobody waits without
   * a prospect. Of those whose turn is over, the one that held longest goes; it is then counted as leaving.
   */
  overdue(nowMs: number, occupation: (device: string) => Occupation): { leave: string } | { inMs: number } | null {
    const free = this.#limits.connections - this.#holders.size + this.#leaving.size;
    if (this.#waiting.size <= free) return null;
    // More short-lived devices wait than there will be slots for.
    const turnMs = this.#hurried().size > free ? this.#limits.shortTurnMs : this.#limits.turnMs;
    let first: string | null = null;
    let firstAt = Number.POSITIVE_INFINITY;
    for (const [device, since] of this.#holders) {
      if (this.#leaving.has(device)) continue;
      const until = since + (occupation(device) === 'busy' ? this.#limits.busyTurnMs : turnMs);
      if (until >= firstAt) continue;
      first = device;
      firstAt = until;
    }
    if (first === null) return null;
    if (firstAt > nowMs) return { inMs: firstAt - nowMs };
    this.#leaving.add(first);
    return { leave: first };
  }

  /** The short-lived ones that had no slot since the first of those that stay began to wait. */
  #hurried(): ReadonlySet<string> {
    let first = Number.POSITIVE_INFINITY;
    for (const { short, place } of this.#waiting.values()) if (!short) first = Math.min(first, place);
    const hurried = new Set<string>();
    for (const [device, { short }] of this.#waiting)
      if (short && (this.#grantedAt.get(device) ?? 0) <= first) hurried.add(device);
    return hurried;
  }

  #isBefore(a: string, b: string, hurried: ReadonlySet<string>): boolean {
    if (hurried.has(a) !== hurried.has(b)) return hurried.has(a);
    const one = this.#waiting.get(a) as Waiting;
    const other = this.#waiting.get(b) as Waiting;
    const served = this.#lastServed(a) - this.#lastServed(b);
    return served === 0 || Number.isNaN(served) ? one.place < other.place : served < 0;
  }

  /** Never served comes first. */
  #lastServed(device: string): number {
    return this.#servedAt.get(device) ?? Number.NEGATIVE_INFINITY;
  }
}

/** Services of meters that advertise only while they have something to say: see isShort. */
const METERS: ReadonlySet<string> = new Set(['1808', '1809', '1810', '181B', '181D']);

/** Whether a device with these services is heard for a short while only: meters, cuffs, scales, thermometers. */
export function isShort(services: readonly string[]): boolean {
  return services.some((uuid) => METERS.has(uuid));
}
