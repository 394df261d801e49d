// A bounded little-endian cursor over one packet: reads exactly what is there, and refuses what is left over.
import { VitalsealError } from '@vitalseal/ledger';

export class Packet {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  int8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }

  uint24(): number {
    const at = this.#take(3);
    return this.#view.getUint16(at, true) + this.#view.getUint8(at + 2) * 0x10000;
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  uint48(): number {
    const at = this.#take(6);
    return this.#view.getUint32(at, true) + this.#view.getUint16(at + 4, true) * 0x1_0000_0000;
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Everything that is left. */
  rest(): Uint8Array {
    return this.take(this.left);
  }

  /** Throws `characteristic_malformed` when bytes are left: a field that nothing announced, or that only a reserved flag did. */
  end(): void {
    if (this.left > 0)
      throw new VitalsealError('characteristic_malformed', 'bytes are left over after the last known field');
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.bytes.length - at) {
      throw new VitalsealError('characteristic_truncated', 'the packet ends before a field that it announces');
    }
    this.#at += length;
    return at;
  }
}
