// Acknowledgements leave in the order in which their PUBLISH came [MQTT-4.6.0-2], whatever order they settle in, and all
// that settle in one turn leave in one write.

/** A place in the order; `bytes` is null until the message has settled. */
export interface AckSlot {
  bytes: Uint8Array | null;
}

export class AckQueue {
  readonly #write: (bytes: Uint8Array) => void;
  #slots: AckSlot[] = [];
  #head = 0;
  #scheduled = false;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** The next place in the order. */
  reserve(): AckSlot {
    const slot: AckSlot = { bytes: null };
    this.#slots.push(slot);
    return slot;
  }

  /** The packet to be sent for a place; it goes out at the end of this turn, or when those before it have settled. */
  settle(slot: AckSlot, bytes: Uint8Array): void {
    slot.bytes = bytes;
    if (this.#scheduled || slot !== this.#slots[this.#head]) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** Sends what has settled now, rather than at the end of the turn. */
  flush(): void {
    this.#scheduled = false;
    const ready: Uint8Array[] = [];
    for (let slot = this.#slots[this.#head]; slot?.bytes; slot = this.#slots[++this.#head]) ready.push(slot.bytes);
    if (this.#head === this.#slots.length || this.#head > 1024) {
      this.#slots = this.#slots.slice(this.#head);
      this.#head = 0;
    }
    if (ready.length > 0) this.#write(ready.length === 1 ? (ready[0] as Uint8Array) : Buffer.concat(ready));
  }
}
